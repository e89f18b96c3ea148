import Foundation
import Stack
import Synchronization
import Wire

/// One of the services with a settings file of its own, in as many lives as a test gives it.
final class ServiceUnderTest: Sendable {
    let name: String
    let settingsPath: String
    private let run: RunDirectory
    private let environment: [String: String]
    private let process = Mutex<ChildProcess?>(nil)
    private let known = Mutex<[String: Int]>([:])

    private let program: String

    /// - Parameters:
    ///   - program: nil: the one that is called as the service is.
    ///   - settings: without the ports file, which is the service's own.
    init(
        _ name: String, program: String? = nil, settings: String, environment: [String: String],
        in run: RunDirectory
    ) throws {
        self.name = name
        self.program = program ?? name
        self.run = run
        self.environment = environment
        settingsPath = "\(run.path)/\(name).yaml"
        let text = "ports_file: \(run.path)/\(name).ports.json\n" + settings
        try Data(text.utf8).write(to: URL(fileURLWithPath: settingsPath))
    }

    /// By name, as its ports file tells.
    var ports: [String: Int] { known.withLock { $0 } }
    /// What it wrote last.
    var log: String { process.withLock { $0 }?.logTail(lines: 40) ?? "" }

    /// Starts it and waits until its ports are known.
    func start() throws {
        let path = "\(run.path)/\(name).ports.json"
        try? FileManager.default.removeItem(atPath: path)
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate(program),
            arguments: ["serve", "--config", settingsPath], environment: environment, in: run)
        self.process.withLock { $0 = process }
        let file = try Readiness(of: process, within: .seconds(60)).file(path)
        guard case .object(let object) = try JSON.parse(file, limits: .request) else {
            throw StackFailure("the ports file holds no ports")
        }
        let ports = object.keys.reduce(into: [String: Int]()) {
            if case .integer(let port)? = object[$1] { $0[$1] = Int(port) }
        }
        known.withLock { $0 = ports }
    }

    /// Until it says that it does what it is for.
    func awaitReady() throws {
        let process = process.withLock { $0 }
        try Readiness(of: process, within: .seconds(60)).http(port: ports["admin"] ?? 0, "/readyz")
    }

    /// Kills it as a power cut would.
    func kill() { process.withLock { $0.take() }?.kill() }

    /// SIGSTOP: it stands still, its sockets open.
    func pause() { process.withLock { $0 }?.pause() }

    /// SIGCONT, after `pause`.
    func resume() { process.withLock { $0 }?.resume() }

    /// How it ends by itself.
    func exit(within limit: Duration) -> ChildProcess.Exit? {
        process.withLock { $0 }?.waitForExit(within: limit)
    }
}
