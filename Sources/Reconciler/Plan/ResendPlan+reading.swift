import Catalog
import Orders
import Wire

extension ResendPlan {
    /// Why a file is not a plan that may be shown or applied.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    private static let maxOrders = 10_000_000

    /// What a plan's file says of itself without the campaign's catalog.
    struct Summary: Equatable {
        /// Orders of one gift pack.
        struct Line: Equatable {
            var game: String
            var gift: String
            var orders = 0
            /// How many times its items are granted.
            var amount: Int64 = 0
        }

        var campaign: String
        var cutAtMs: Int64
        var orders: Int
        /// By game and gift pack.
        var lines: [Line] = []
        var reasons: [String: Int] = [:]
        var asksFirst: Int
        var value: Int64
        var checksum: String
    }

    static func summary(_ bytes: [UInt8]) throws(Fault) -> Summary {
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(bytes, limits: limits))
            _ = try fields.integer("v", in: 1...1)
            let orders = try fields.array("orders", max: maxOrders)
            var summary = Summary(
                campaign: try fields.string("campaign"),
                cutAtMs: try fields.integer("cut_at", in: 0...(1 << 47)), orders: orders.count,
                asksFirst: try fields.array("asks_first", max: maxOrders).count,
                value: try fields.integer("value", in: 0...(.max)), checksum: try fields.string("checksum"))
            summary.lines = lines(orders)
            if case .object(let reasons) = fields.any("reasons") {
                for member in reasons.members {
                    if case .array(let orders) = member.value { summary.reasons[member.key] = orders.count }
                }
            }
            _ = fields.any("counts")
            try fields.finish()
            return summary
        } catch {
            throw Fault(error.path.isEmpty ? error.reason : "\(error.path): \(error.reason)")
        }
    }

    private static func lines(_ orders: [JSON]) -> [Summary.Line] {
        var lines: [String: Summary.Line] = [:]
        for case .object(let order) in orders {
            guard case .string(let game)? = order["game"], case .string(let gift)? = order["gift"] else {
                continue
            }
            var line = lines["\(game)\u{0}\(gift)"] ?? Summary.Line(game: game, gift: gift)
            line.orders += 1
            if case .integer(let amount)? = order["amount"] { line.amount &+= amount }
            lines["\(game)\u{0}\(gift)"] = line
        }
        return lines.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Reads a plan of this campaign. Its checksum must be the one of what it holds.
    static func decode(_ bytes: [UInt8], _ catalog: Catalog) throws(Fault) -> (
        plan: ResendPlan, checksum: String
    ) {
        let summary = try summary(bytes)
        guard summary.campaign == catalog.campaign.id else {
            throw Fault("it is a plan of \"\(summary.campaign)\", not of \"\(catalog.campaign.id)\"")
        }
        let orders: [JSON]
        var reasons: [OrderID: MissingReason] = [:]
        var asksFirst: Set<OrderID> = []
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(bytes, limits: limits))
            orders = try fields.array("orders", max: maxOrders)
            var lists = try fields.object("reasons")
            for reason in MissingReason.allCases {
                for case .string(let text) in try lists.optionalArray(reason.rawValue, max: maxOrders) ?? [] {
                    if let id = OrderID(text: text) { reasons[id] = reason }
                }
            }
            try lists.finish()
            for case .string(let text) in try fields.array("asks_first", max: maxOrders) {
                if let id = OrderID(text: text) { asksFirst.insert(id) }
            }
        } catch {
            throw Fault(error.path.isEmpty ? error.reason : "\(error.path): \(error.reason)")
        }
        var entries = [Entry]()
        for (index, json) in orders.enumerated() {
            let order: Order
            do throws(RecordFault) {
                order = try OrderRecord.decode(json.encoded, catalog)
            } catch {
                throw Fault("orders[\(index)]: \(error)")
            }
            guard let reason = reasons[order.id] else { throw Fault("orders[\(index)]: without a reason") }
            entries.append(
                Entry(order: order, reason: reason, asksFirst: asksFirst.contains(order.id)))
        }
        let plan = ResendPlan(campaign: summary.campaign, cutAtMs: summary.cutAtMs, entries: entries)
        guard plan.entries.count == entries.count else { throw Fault("an order stands in it twice") }
        guard plan.checksum(catalog) == summary.checksum else {
            throw Fault("its content is not what its checksum was made of")
        }
        return (plan, summary.checksum)
    }
}

extension JSON {
    /// The value as JSON text again.
    fileprivate var encoded: [UInt8] {
        var json = JSONWriter(reserving: 360)
        write(&json)
        return json.bytes
    }

    private func write(_ json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .integer(let value): json.integer(value)
        case .double(let value): json.double(value)
        case .string(let value): json.string(value)
        case .array(let items):
            json.beginArray()
            for item in items { item.write(&json) }
            json.endArray()
        case .object(let object):
            json.beginObject()
            for member in object.members {
                json.key(member.key)
                member.value.write(&json)
            }
            json.endObject()
        }
    }
}
