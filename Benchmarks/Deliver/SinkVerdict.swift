import Bench
import Foundation
import Stack
import Wire

/// What `pace.py` says of a log.
struct SinkVerdict {
    /// A limit as it stood from a moment on, Unix seconds.
    struct Step {
        var at: Double
        var perSecond: Double
        var burst: Int
    }

    /// Requests that one limit is for.
    struct Group {
        var name: String
        /// Empty: all of them.
        var games: [Int]
        var steps: [Step]
    }

    /// Partitions went to other owners from this moment on.
    struct Rebalance {
        var at: Double
        /// The deliverers' logs, which say when partitions were assigned.
        var logs: [String]
    }

    struct Question {
        var log: String
        var from: Double
        var until: Double
        var closed: [(Double, Double)] = []
        var rebalances: [Rebalance] = []
        var groups: [Group]
    }

    /// A new owner waits so long before it uses its share.
    static let ownerWaitSeconds = 2.0
    /// Assignments of a rebalance come within so many seconds.
    static let rebalanceSeconds = 20.0

    struct Window {
        var count: Int
        var allowed: Double
        var over: Int
    }

    struct GroupAnswer {
        var name: String
        /// All in the log; between the two moments; of them in open time.
        var count: Int
        var inside: Int
        var used: Double?
        var second: Window
        var tenth: Window
        var first: Double?
        var gapP99Ms: Double?
        var statuses: [String: Int]
    }

    var openSeconds: Double
    var closedSeconds: Double
    /// Rebalances of which no log tells an end.
    var rebalancesUnseen: Int
    /// The median length of a request, head and body.
    var requestBytes: Int
    var groups: [GroupAnswer]

    static func ask(_ stage: DeliverStage, _ question: Question) throws -> SinkVerdict {
        let path = "\(stage.run.path)/\(stage.childName("question")).json"
        try Data(encode(question).bytes).write(to: URL(fileURLWithPath: path))
        let answer = try python(stage, ["pace", path])
        return SinkVerdict(
            openSeconds: try answer.number("open_seconds"),
            closedSeconds: try answer.number("closed_seconds"),
            rebalancesUnseen: Int(try answer.number("rebalances_unseen")),
            requestBytes: Int((try? answer.number("request_bytes")) ?? 0),
            groups: try answer.list("groups").map(Self.group))
    }

    /// Distinct orders in a log, and requests for an order that was asked before.
    static func ids(_ stage: DeliverStage, log: String) throws -> (distinct: Int, again: Int) {
        let answer = try python(stage, ["ids", log])
        guard try answer.number("without") == 0 else { throw StackFailure("requests without a webhook-id") }
        return (Int(try answer.number("distinct")), Int(try answer.number("again")))
    }

    /// Of all requests in a log, in bytes.
    static func lengths(_ stage: DeliverStage, log: String) throws -> (shortest: Int, longest: Int) {
        let answer = try python(stage, ["ids", log])
        return (Int(try answer.number("shortest_bytes")), Int(try answer.number("longest_bytes")))
    }

    private static func python(_ stage: DeliverStage, _ arguments: [String]) throws -> JSONObject {
        let judge = try stage.server.start(
            name: stage.childName("pace"), executable: try ServiceProgram.locateInPath("python3"),
            arguments: ["\(stage.peers)/pace.py"] + arguments, in: stage.run)
        guard judge.waitForExit(within: .seconds(300)) == .code(0),
            case .object(let object)? = try? JSON.parse(
                Array(judge.logTail(lines: 1).utf8), limits: .document)
        else { throw StackFailure("pace.py failed: \(judge.logTail())") }
        return object
    }

    private static func group(_ json: JSON) throws -> GroupAnswer {
        guard case .object(let object) = json, case .string(let name)? = object["name"],
            case .object(let second)? = object["second"], case .object(let tenth)? = object["tenth"],
            case .object(let statuses)? = object["statuses"]
        else { throw StackFailure("pace.py says nothing that is understood") }
        return GroupAnswer(
            name: name, count: Int(try object.number("count")), inside: Int(try object.number("inside")),
            used: try? object.number("used"), second: try window(second), tenth: try window(tenth),
            first: try? object.number("first"), gapP99Ms: try? object.number("gap_p99_ms"),
            statuses: statuses.keys.reduce(into: [:]) { $0[$1] = (try? statuses.number($1)).map { Int($0) } })
    }

    private static func window(_ object: JSONObject) throws -> Window {
        Window(
            count: Int(try object.number("count")), allowed: try object.number("allowed"),
            over: Int(try object.number("over")))
    }

    private static func encode(_ question: Question) -> JSONWriter {
        var json = JSONWriter(reserving: 4096)
        json.beginObject()
        json.key("log")
        json.string(question.log)
        json.key("from")
        json.double(question.from)
        json.key("until")
        json.double(question.until)
        json.key("closed")
        json.beginArray()
        for span in question.closed {
            json.beginArray()
            json.double(span.0)
            json.double(span.1)
            json.endArray()
        }
        json.endArray()
        json.key("rebalances")
        json.beginArray()
        for rebalance in question.rebalances { write(rebalance, &json) }
        json.endArray()
        json.key("groups")
        json.beginArray()
        for group in question.groups { write(group, &json) }
        json.endArray()
        json.endObject()
        return json
    }

    private static func write(_ rebalance: Rebalance, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("at")
        json.double(rebalance.at)
        json.key("within")
        json.double(rebalanceSeconds)
        json.key("wait")
        json.double(ownerWaitSeconds)
        json.key("logs")
        json.beginArray()
        for log in rebalance.logs { json.string(log) }
        json.endArray()
        json.endObject()
    }

    private static func write(_ group: Group, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(group.name)
        json.key("uris")
        json.beginArray()
        for game in group.games { json.string(DeliverCampaign.uri(game)) }
        json.endArray()
        json.key("steps")
        json.beginArray()
        for step in group.steps {
            json.beginObject()
            json.key("at")
            json.double(step.at)
            json.key("per_second")
            json.double(step.perSecond)
            json.key("burst")
            json.integer(Int64(step.burst))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}

extension JSONObject {
    fileprivate func number(_ key: String) throws(StackFailure) -> Double {
        switch self[key] {
        case .integer(let value): return Double(value)
        case .double(let value): return value
        default: throw StackFailure("pace.py tells no \(key)")
        }
    }

    fileprivate func list(_ key: String) throws(StackFailure) -> [JSON] {
        guard case .array(let values)? = self[key] else { throw StackFailure("pace.py tells no \(key)") }
        return values
    }
}
