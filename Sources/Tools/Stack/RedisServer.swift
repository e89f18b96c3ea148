import Foundation
import Glibc
import Synchronization

/// A private redis-server on 127.0.0.1, its data in the run directory: AOF synced every second, no
/// snapshots, no rewrites that would change the file under a test's hands.
///
/// It keeps its port over restarts. Calls that change its state block; any thread may make them, one
/// at a time.
package final class RedisServer: Sendable {
    package let port: Int
    /// `redis://127.0.0.1:<port>`
    package let url: String
    private let name: String
    private let program: String
    private let extraArguments: [String]
    private let run: RunDirectory
    private let dataDirectory: String
    private let current: Mutex<ChildProcess>

    private static let startLimit: Duration = .seconds(20)

    /// - Parameters:
    ///   - name: of its log, pid file and data directory in `run`.
    ///   - extraArguments: options of redis-server, such as `["--maxmemory", "64mb"]`.
    ///   - program: nil: `redis-server` of the PATH.
    ///   - busOffset: the port that lies so much above must be free as well; a cluster's nodes take it.
    package init(
        in run: RunDirectory, name: String = "redis", extraArguments: [String] = [],
        program: String? = nil, busOffset: Int? = nil
    ) throws(StackFailure) {
        self.run = run
        self.name = name
        self.extraArguments = extraArguments
        if let program {
            self.program = program
        } else {
            self.program = try ServiceProgram.locateInPath("redis-server")
        }
        dataDirectory = try run.directory("\(name)-data")
        let (process, port) = try Self.launchOnFreePort(
            self.program, name: name, data: dataDirectory, extra: extraArguments,
            busOffset: busOffset, in: run)
        current = Mutex(process)
        self.port = port
        url = "redis://127.0.0.1:\(port)"
    }

    /// The process of its current life.
    package var process: ChildProcess { current.withLock { $0 } }

    /// As a power cut to the process: nothing is written any more, nobody is told.
    package func kill9() { process.kill() }

    /// SIGTERM: the file is synced first.
    package func stop() { process.terminate(grace: .seconds(10)) }

    /// The server stands still; its sockets stay open and take bytes.
    package func pause() { process.pause() }

    package func resume() { process.resume() }

    /// Starts it again on the same port, killing it first (SIGKILL) if it still runs.
    package func restart(keepingData: Bool) throws(StackFailure) {
        kill9()
        if !keepingData { try removeData() }
        try relaunch()
    }

    // MARK: - Going back in time

    /// A copy of the data as it is on disk now, to be restarted from later.
    package struct Snapshot: Sendable {
        fileprivate var path: String
    }

    /// Copies the append-only file while the server runs: what it had written by now, no more.
    package func snapshot() throws(StackFailure) -> Snapshot {
        let path = "\(run.path)/\(name)-snapshot-\(UInt32.random(in: .min ... .max))"
        do {
            try FileManager.default.copyItem(atPath: dataDirectory, toPath: path)
        } catch {
            throw StackFailure("cannot copy \(dataDirectory): \(error)")
        }
        return Snapshot(path: path)
    }

    /// Kills the server and starts it with the data of then: all that was acknowledged since is lost.
    package func restart(from snapshot: Snapshot) throws(StackFailure) {
        kill9()
        try removeData()
        do {
            try FileManager.default.removeItem(atPath: dataDirectory)
            try FileManager.default.copyItem(atPath: snapshot.path, toPath: dataDirectory)
        } catch {
            throw StackFailure("cannot restore \(dataDirectory): \(error)")
        }
        try relaunch()
    }

    // MARK: - Launching

    private func relaunch() throws(StackFailure) {
        let process = try Self.launch(
            program, name: name, port: port, data: dataDirectory, extra: extraArguments, in: run)
        current.withLock { $0 = process }
    }

    private func removeData() throws(StackFailure) {
        do {
            try FileManager.default.removeItem(atPath: dataDirectory)
            try FileManager.default.createDirectory(
                atPath: dataDirectory, withIntermediateDirectories: true)
        } catch {
            throw StackFailure("cannot empty \(dataDirectory): \(error)")
        }
    }

    /// A picked port can be taken by somebody else before the server binds it: then another is picked.
    private static func launchOnFreePort(
        _ program: String, name: String, data: String, extra: [String], busOffset: Int?,
        in run: RunDirectory
    ) throws(StackFailure) -> (ChildProcess, port: Int) {
        var attemptsLeft = 5
        while true {
            let port = try FreePort.pick(withFree: busOffset)
            attemptsLeft -= 1
            do throws(StackFailure) {
                let process = try launch(
                    program, name: name, port: port, data: data, extra: extra, in: run)
                return (process, port)
            } catch  where attemptsLeft > 0 && error.message.contains("Address already in use") {
                continue
            }
        }
    }

    private static func launch(
        _ program: String, name: String, port: Int, data: String, extra: [String], in run: RunDirectory
    ) throws(StackFailure) -> ChildProcess {
        let process = try ChildProcess(
            name: name, executable: program,
            arguments: [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", data, "--daemonize", "no",
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
                "--auto-aof-rewrite-percentage", "0",
            ] + extra, in: run)
        try Readiness(of: process, within: startLimit).wait(for: "redis-server to load its data") {
            answersPing(port)
        }
        return process
    }

    /// A server that still loads its file answers -LOADING; one that wants a password, -NOAUTH, which
    /// is as good as PONG here.
    private static func answersPing(_ port: Int) -> Bool {
        do throws(StackFailure) {
            let socket = try LoopbackSocket(port: port, deadline: Deadline(after: .seconds(1)))
            try socket.write(Array("PING\r\n".utf8))
            let answer = String(decoding: try socket.read(), as: UTF8.self)
            return answer.hasPrefix("+PONG") || answer.hasPrefix("-NOAUTH")
        } catch {
            return false
        }
    }
}
