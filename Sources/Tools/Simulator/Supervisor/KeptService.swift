import Stack

/// One service that the supervisor keeps running: started, started again when it ends, with growing pauses.
struct KeptService {
    static let firstPauseMs: UInt64 = 100
    static let longestPauseMs: UInt64 = 5000
    /// After so long a life the pauses begin again at the first.
    static let soundLifeNs: UInt64 = 10_000_000_000

    let name: String
    let executable: String
    let arguments: [String]
    let environment: [String: String]
    var process: ChildProcess?
    /// Not started again until it is released: the demo has something to do while it is down.
    var isHeld = false
    var startedNs: UInt64 = 0
    var pauseMs = firstPauseMs
    /// When it may be started again.
    var dueNs: UInt64 = 0
    private(set) var restarts = 0

    init(name: String, executable: String, arguments: [String], environment: [String: String] = [:]) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    mutating func start(in run: RunDirectory, nowNs: UInt64) throws(StackFailure) {
        if startedNs > 0 { restarts += 1 }
        startedNs = nowNs
        process = try ChildProcess(
            name: name, executable: executable, arguments: arguments, environment: environment, in: run)
    }

    /// It has ended: when to start it again. An end that it asked for itself (75) costs no pause.
    mutating func ended(_ exit: ChildProcess.Exit, nowNs: UInt64) {
        process = nil
        if exit == .code(75) || nowNs - startedNs >= Self.soundLifeNs {
            pauseMs = Self.firstPauseMs
        }
        dueNs = nowNs + pauseMs * 1_000_000
        pauseMs = min(pauseMs * 2, Self.longestPauseMs)
    }
}
