import Stack
import Wire

/// What the reconciler says: its process on the admin port, and its command line.
struct TortureReconciler: Sendable {
    private static let limit: Duration = .seconds(120)

    let adminPort: Int
    let settingsFile: String
    let environment: [String: String]
    let run: RunDirectory

    /// What it thinks of rebuilding; nil while it says nothing. Its other checks do not matter here.
    var rebuildCheck: (isReady: Bool, text: String)? {
        let answer = try? LoopbackHTTP.get(port: adminPort, "/readyz", within: .seconds(1))
        guard let answer, case .object(let root) = try? JSON.parse(answer.body, limits: .record),
            case .array(let checks) = root["checks"]
        else { return nil }
        for case .object(let check) in checks where check["name"] == .string("rebuild") {
            guard case .string(let detail) = check["detail"] else { return nil }
            return (check["ready"] == .bool(true), detail)
        }
        return nil
    }

    /// How often its present process has rebuilt something.
    var rebuilds: Int {
        let answer = try? LoopbackHTTP.get(port: adminPort, "/metrics", within: .seconds(1))
        let line = answer?.text.split(separator: "\n").first {
            $0.hasPrefix("hongbao_reconciler_rebuilds_total ")
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
    }

    /// `reconciler verify`; what it printed, and whether it found nothing wrong.
    func verify(_ name: String) throws -> (isClean: Bool, text: String) {
        try command(name, ["verify"])
    }

    /// What `verify` counts of orders that one store knows to have ended and the other one does not.
    static let endsOnlyInRedis = "orders that ended in Redis and are open in Kafka"
    static let endsOnlyInKafka = "orders that ended in Kafka and are open in Redis"

    /// The rows of what `verify` printed whose count, or whose stock's difference, is not 0.
    static func complaints(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let last = words.last, let count = Int(last), count != 0 else { return nil }
            return words.dropLast().joined(separator: " ")
        }
    }

    /// `reconciler rebuild --redis`: what an operator does where Kafka knows better than Redis.
    func setRight(_ name: String) throws {
        let (isDone, text) = try command(name, ["rebuild", "--redis"])
        guard isDone else { throw StackFailure("reconciler rebuild --redis: \(text)") }
    }

    private func command(_ name: String, _ arguments: [String]) throws -> (isClean: Bool, text: String) {
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: arguments + ["--config", settingsFile], environment: environment, in: run)
        guard let exit = process.waitForExit(within: Self.limit) else {
            throw StackFailure("reconciler \(arguments[0]) did not end in time\n\(process.logTail())")
        }
        return (exit == .code(0), process.logTail(lines: 60))
    }
}
