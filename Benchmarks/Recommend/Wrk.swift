import Bench
import Stack

/// `wrk -t1 -c64`, bound to the client's core, with requests made beforehand.
struct Wrk {
    static let connections = 64
    /// Left out at either end of a run when looking at how busy the cores are, in milliseconds.
    private static let edgeMs = 300

    /// What came of one run.
    struct Run {
        var requests: Int
        var seconds: Double
        var bytes: Int
        /// Answers of 400 and above, and connections that failed.
        var failures: Int
        /// Of the side under test, and of wrk: shares of their cores.
        var serverBusy: Double
        var clientBusy: Double
        /// Processor time of the side under test, over the whole run.
        var serverSeconds: Double

        var rate: Double { Double(requests) / seconds }
        /// Processor time an answer, in microseconds.
        var cost: Double { serverSeconds * 1e6 / Double(max(1, requests)) }
        var sample: Sample { Sample(rate, busy: serverBusy) }
        var text: String {
            "\(Figure.text(rate)) a second, \(Figure.text(cost)) µs each, core busy "
                + "\(percent(serverBusy)), wrk's \(percent(clientBusy))"
        }
    }

    private let stage: Stage

    init(_ stage: Stage) {
        self.stage = stage
    }

    /// Runs it against a server that must answer all of it well.
    ///
    /// - Parameters:
    ///   - first: the request to begin with.
    ///   - fromFile: read requests as they are needed: for more than fit into wrk.
    ///   - seconds: nil = as long as the options say.
    func run(
        _ requests: RequestFile, port: Int, server pid: Int32, first: Int = 0, fromFile: Bool = false,
        seconds: Int? = nil
    ) throws -> Run {
        let seconds = seconds ?? stage.options.seconds
        let whole = try ProcessWatch(pid: pid)
        let wrk = try start(requests, port: port, first: first, fromFile: fromFile, seconds: seconds)
        _ = wrk.waitForExit(within: .milliseconds(Self.edgeMs))
        let (server, client) = (try ProcessWatch(pid: pid), try ProcessWatch(pid: wrk.pid))
        _ = wrk.waitForExit(within: .milliseconds(seconds * 1000 - 2 * Self.edgeMs))
        let (serverBusy, clientBusy) = (try server.busy(), (try? client.busy()) ?? 0)
        guard wrk.waitForExit(within: .seconds(30)) == .code(0) else {
            throw StackFailure("wrk failed: \(wrk.logTail())")
        }
        let used = try whole.used()
        guard let run = Self.parse(wrk.logTail(), serverBusy, clientBusy, used) else {
            throw StackFailure("wrk says nothing that is understood: \(wrk.logTail())")
        }
        guard run.failures == 0, run.requests > 0 else {
            throw StackFailure("\(run.failures) of \(run.requests) requests failed\n\(wrk.logTail())")
        }
        return run
    }

    /// Sends requests until enough has happened, and throws where it never does.
    func run(
        _ requests: RequestFile, port: Int, fromFile: Bool = false, within limit: Duration = .seconds(600),
        until isDone: () throws -> Bool
    ) throws {
        let wrk = try start(
            requests, port: port, first: 0, fromFile: fromFile, seconds: Int(limit.components.seconds))
        defer { wrk.kill() }
        let deadline = Deadline(after: limit)
        while try !isDone() {
            guard !deadline.hasPassed, wrk.waitForExit(within: .milliseconds(100)) == nil else {
                throw StackFailure("\(requests.count) requests again and again were not enough")
            }
        }
    }

    private func start(
        _ requests: RequestFile, port: Int, first: Int, fromFile: Bool, seconds: Int
    ) throws -> ChildProcess {
        try stage.client.start(
            name: stage.childName("wrk"), executable: try ServiceProgram.locateInPath("wrk"),
            arguments: [
                "-t1", "-c\(Self.connections)", "-d\(seconds)s", "--timeout", "10s", "-s",
                "\(stage.peers)/requests.lua", "http://127.0.0.1:\(port)/v1/gifts", "--", requests.path,
                "\(requests.length)", "\(requests.count)", "\(first)", fromFile ? "file" : "memory",
            ], in: stage.run)
    }

    private static func parse(
        _ log: String, _ serverBusy: Double, _ clientBusy: Double, _ serverSeconds: Double
    ) -> Run? {
        guard let line = log.split(separator: "\n").last(where: { $0.hasPrefix("bench ") }) else {
            return nil
        }
        let numbers = line.split(separator: " ").dropFirst().compactMap { Int($0) }
        guard numbers.count == 5, numbers[1] > 0 else { return nil }
        return Run(
            requests: numbers[0], seconds: Double(numbers[1]) / 1e6, bytes: numbers[2],
            failures: numbers[3] + numbers[4], serverBusy: serverBusy, clientBusy: clientBusy,
            serverSeconds: serverSeconds)
    }
}

/// A share as a person reads it.
func percent(_ share: Double) -> String { "\(Figure.text(share * 100)) %" }
