import Foundation
import Glibc
import Stack

/// The files by which `up`, `down` and the supervisor in the background find each other.
struct StandingRun {
    static let name = "up"
    /// POSIX_SPAWN_SETSID of <spawn.h>, which is shown to _GNU_SOURCE only.
    private static let newSession: Int32 = 0x80

    /// The directory of runs, such as `.run`.
    let runs: String

    private var directory: String { "\(runs)/\(Self.name)" }
    /// Which process keeps the stack.
    var identityFile: String { "\(directory)/supervisor.pid" }
    /// What is shown to a person once everything runs.
    var welcomeFile: String { "\(directory)/welcome.txt" }
    /// Beside the directory, which is emptied at each start.
    var logFile: String { "\(runs)/\(Self.name).log" }

    /// The supervisor, if it lives.
    var supervisor: ProcessIdentity? {
        guard let text = try? String(contentsOfFile: identityFile, encoding: .utf8),
            let identity = ProcessIdentity(text: text), lives(identity)
        else { return nil }
        return identity
    }

    /// Runs, and is not a dead process that nobody has reaped yet: where no init does, one may stay for long.
    func lives(_ identity: ProcessIdentity) -> Bool {
        guard identity.isRunning,
            let stat = try? String(contentsOfFile: "/proc/\(identity.pid)/stat", encoding: .utf8),
            let nameEnd = stat.lastIndex(of: ")")
        else { return false }
        // The state follows the name in parentheses (proc(5)).
        return !"ZX".contains(stat[nameEnd...].dropFirst(2).first ?? "X")
    }

    var welcome: String? {
        try? String(contentsOfFile: welcomeFile, encoding: .utf8)
    }

    var logTail: String {
        let text = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }

    /// Starts the supervisor in a session of its own, so that it outlives this process and its terminal.
    func startSupervisor() throws(StackFailure) {
        do {
            try FileManager.default.createDirectory(atPath: runs, withIntermediateDirectories: true)
        } catch {
            throw StackFailure("cannot make \(runs): \(error)")
        }
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else {
            throw StackFailure("cannot find my own program")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, logFile, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(Self.newSession))
        let words: [String] = [program, "keep", "--runs", runs]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, arguments, environ)
        guard failure == 0 else { throw StackFailure("cannot start the supervisor", errno: failure) }
    }
}
