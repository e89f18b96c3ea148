import CLinux
import Foundation
import Glibc
import Synchronization

/// A program started by us: its log, its pid file, its signals and its end.
///
/// It leads a process group of its own, dies with this process however that ends, and is killed when
/// the last reference to it goes. Any thread may call any method; those that wait block.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// The name it has in its run directory: `<name>.log`, `pids/<name>.pid`.
    package let name: String
    package let identity: ProcessIdentity
    /// Its stdout and stderr; appended to when a name is used again.
    package let logPath: String
    private let run: RunDirectory
    /// Readable once the process has ended; open as long as this object lives.
    private let handle: Int32
    /// Set once the process has been reaped; from then on its number may be another's.
    private let ending = Mutex<Exit?>(nil)

    package var pid: Int32 { identity.pid }

    /// Starts `executable` (a path, not searched for) with its output appended to `<run>/<name>.log`.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - directory: nil: the run directory.
    ///   - descriptors: of this process, which the child has as 3, 4, …; they stay the caller's to close.
    package init(
        name: String, executable: String, arguments: [String], environment: [String: String] = [:],
        directory: String? = nil, descriptors: [Int32] = [], in run: RunDirectory
    ) throws(StackFailure) {
        self.name = name
        self.run = run
        logPath = "\(run.path)/\(name).log"
        let pid = try SpawnThread.shared.spawn(
            SpawnThread.Request(
                executable: executable, arguments: arguments,
                environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
                directory: directory ?? run.path, output: logPath, descriptors: descriptors))
        // Ours and not reaped, so the number cannot have changed hands, even if it has ended already.
        handle = hb_pidfd_open(pid)
        guard handle >= 0, let identity = ProcessIdentity(of: pid) else {
            let code = errno
            _ = Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            if handle >= 0 { close(handle) }
            throw StackFailure("cannot watch process \(pid)", errno: code)
        }
        self.identity = identity
        try run.record(identity, as: name)
    }

    deinit {
        kill()
        close(handle)
    }

    // MARK: - Signals

    /// Sends a signal to the process, or to its whole group; does nothing once it has ended.
    package func signal(_ number: Int32, wholeGroup: Bool = false) {
        ending.withLock { ending in
            // Not reaped while the lock is held, so the number is still ours.
            if Self.reap(pid, &ending) == nil { _ = Glibc.kill(wholeGroup ? -pid : pid, number) }
        }
    }

    /// SIGSTOP: when this returns it stands still with all its threads, its sockets open.
    package func pause() {
        signal(SIGSTOP, wholeGroup: true)
        // The kernel tells the parent when the last thread has stopped; nothing is reaped here. Somebody may
        // let it go on before we have seen it stand.
        _ = try? Deadline(after: .seconds(10)).poll(everyUs: 1_000) {
            var info = siginfo_t()
            let flags = WSTOPPED | WEXITED | WNOWAIT | WNOHANG
            return waitid(P_PID, id_t(pid), &info, flags) == 0 && info.si_signo == SIGCHLD
        }
    }

    /// SIGCONT, after `pause`.
    package func resume() { signal(SIGCONT, wholeGroup: true) }

    /// SIGKILL to the group, and waits for the end.
    @discardableResult
    package func kill() -> Exit {
        signal(SIGKILL, wholeGroup: true)
        // SIGKILL cannot be refused; only a process stuck in the kernel would outlast this.
        return waitForExit(within: .seconds(60)) ?? .signal(SIGKILL)
    }

    /// SIGTERM, and SIGKILL when it has not ended within `grace`.
    @discardableResult
    package func terminate(grace: Duration) -> Exit {
        signal(SIGTERM)
        return waitForExit(within: grace) ?? kill()
    }

    // MARK: - The end

    /// nil while it runs.
    package var exit: Exit? {
        ending.withLock { Self.reap(pid, &$0) }
    }

    package var isRunning: Bool { exit == nil }

    /// Blocks until it has ended; nil when the time is up first.
    package func waitForExit(within limit: Duration) -> Exit? {
        let deadline = Deadline(after: limit)
        while true {
            if let exit { return exit }
            if deadline.hasPassed { return nil }
            _ = hb_wait_readable(handle, deadline.remainingMs)
        }
    }

    /// Blocks until one of them has ended; nil when the time is up first.
    package static func firstToExit(
        of children: [ChildProcess], within limit: Duration
    ) -> ChildProcess? {
        let deadline = Deadline(after: limit)
        while true {
            if let ended = children.first(where: { !$0.isRunning }) { return ended }
            if deadline.hasPassed { return nil }
            var entries = children.map { pollfd(fd: $0.handle, events: Int16(POLLIN), revents: 0) }
            _ = poll(&entries, nfds_t(entries.count), deadline.remainingMs)
        }
    }

    private static func reap(_ pid: Int32, _ ending: inout Exit?) -> Exit? {
        if ending != nil { return ending }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        ending = hb_has_exited(status) != 0 ? .code(hb_exit_code(status)) : .signal(hb_end_signal(status))
        return ending
    }

    // MARK: - The log

    /// The last lines it wrote, for messages about what went wrong.
    package func logTail(lines count: Int = 20) -> String {
        guard let bytes = FileManager.default.contents(atPath: logPath) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .suffix(count + 1).joined(separator: "\n")
    }
}
