import CampaignFiles
import Catalog
import Foundation
import Kafka
import Logging
import OrderLog
import OrderStore
import Orders
import Stack
import Wire

/// What operators see and do, and what it leaves behind.
extension ClaimHouse {
    /// The campaign's files with approvals: both packs are of high value, `scarce` is worth 100.
    static func approvals(_ rules: String, stock: Int = 150) -> [String: String] {
        [
            #""ranking": {"#: #""approval": {\#(rules)}, "ranking": {"#,
            #""highValue": false"#: #""highValue": true"#,
            #""id": "scarce","#: #""id": "scarce", "value": 100,"#,
            #""stock": 150"#: #""stock": \#(stock)"#,
        ]
    }

    /// The same campaign once it is being settled.
    static let settling = [
        #""closesAt": "2090-01-01T00:00:00Z""#:
            #""closesAt": "2021-01-01T00:00:00Z", "settlesAt": "2021-01-02T00:00:00Z""#
    ]

    /// An act of an operator; nil: without a key.
    func act(
        _ name: String?, _ path: String, _ body: String = #"{"reason":"looked at"}"#
    ) throws -> OperatorAnswer {
        OperatorAnswer(
            try LoopbackHTTP.post(
                port: adminPort, "/v1/admin/\(path)", headers: keyHeader(name),
                body: Array(body.utf8), within: .seconds(30)))
    }

    /// The page of held orders.
    func heldPage(_ query: String = "") throws -> [JSONObject] {
        let answer = OperatorAnswer(
            try LoopbackHTTP.get(
                port: adminPort, "/v1/admin/held" + query, headers: keyHeader("tester"),
                within: .seconds(30)))
        guard answer.status == 200, case .array(let list) = answer.json["held"] else {
            throw StackFailure("no page of held orders: \(answer)")
        }
        return list.compactMap { if case .object(let entry) = $0 { entry } else { nil } }
    }

    private func keyHeader(_ name: String?) -> [String: String] {
        switch name {
        case nil: [:]
        case "tester"?: ["x-api-key": Self.operatorKey]
        case let name?: ["x-api-key": Self.key(of: name)]
        }
    }

    /// The control topic's acts of operators, in its order.
    func acts() throws -> [ControlRecord] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var acts = [ControlRecord]()
        try TopicScan.all(Topics(campaign: ClaimCampaign.id).control, reader: reader) { _, record in
            switch try? ControlRecord.decode(record.value) {
            case let act? where act.isOperators: acts.append(act)
            default: break
            }
        }
        return acts
    }

    /// All claims that Redis holds.
    func claims() async throws -> [Order] {
        let shards = catalog.campaign.storage.shards
        return try await store { store in
            var orders = [Order]()
            for shard in 0..<shards { orders += try await store.allClaims(shard: UInt16(shard)) }
            return orders
        }
    }
}

/// An answer of the admin port.
struct OperatorAnswer: CustomStringConvertible {
    var status: Int
    var json: JSONObject
    var retryAfter: String?
    var description: String

    init(_ response: LoopbackHTTP.Response) {
        status = response.status
        retryAfter = response.header("retry-after")
        description = "\(status) \(response.text)"
        if case .object(let object)? = try? JSON.parse(response.body, limits: .document) {
            json = object
        } else {
            json = JSONObject()
        }
    }

    /// A member that is a string.
    subscript(key: String) -> String? {
        if case .string(let text)? = json[key] { text } else { nil }
    }

    var problem: String? { self["type"].flatMap { $0.split(separator: ":").last.map(String.init) } }
}

extension ControlRecord {
    fileprivate var isOperators: Bool {
        switch self {
        case .approval, .settle: true
        default: false
        }
    }
}
