import Catalog
import Wire

extension ControlRecord {
    package func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 160)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("kind")
        write(&json)
        json.key("at")
        json.integer(atMs)
        json.endObject()
        return json.bytes
    }

    private func write(_ json: inout JSONWriter) {
        switch self {
        case .lane(let lane, let owner, let epoch, _):
            json.string("lane")
            json.field("lane", UInt64(lane))
            json.key("owner")
            json.string(utf8: Hex.encode(owner))
            if let epoch { json.field("epoch", UInt64(epoch)) }
        case .epoch(let epoch, let cause, let by, _):
            json.string("epoch")
            json.field("epoch", UInt64(epoch))
            json.field("cause", cause)
            json.field("by", by)
        case .resend(let plan, let orders, let phase, let by, let reason, _):
            json.string("resend")
            json.field("plan", plan)
            json.field("orders", UInt64(orders))
            json.field("phase", phase.rawValue)
            json.act(by: by, reason: reason)
        case .stock(let act, let gift, let add, let units, let by, let reason, _):
            json.string("stock")
            json.field("act", act)
            json.field("gift", gift)
            json.field("add", UInt64(add))
            json.field("units", UInt64(units))
            json.act(by: by, reason: reason)
        case .approval(let order, let verdict, let by, let reason, _):
            json.string("approval")
            json.key("order")
            json.string(utf8: CrockfordBase32.encode(order.rawValue))
            json.field("verdict", verdict.rawValue)
            json.act(by: by, reason: reason)
        case .settle(let batch, let gift, let phase, let by, let reason, _):
            json.string("settle")
            json.field("batch", batch)
            json.field("gift", gift)
            json.field("phase", phase.rawValue)
            json.act(by: by, reason: reason)
        case .run(let run, let by, let reason, _):
            json.string("run")
            json.field("run", run)
            json.act(by: by, reason: reason)
        case .limit, .gate, .redrive, .parked:
            writeDelivery(&json)
        }
    }

    /// The acts on deliveries.
    private func writeDelivery(_ json: inout JSONWriter) {
        switch self {
        case .limit(let game, let perSecond, let burst, let maxConcurrency, let by, let reason, _):
            json.string("limit")
            if let game { json.field("game", game) }
            json.key("perSecond")
            json.double(perSecond)
            json.field("burst", UInt64(burst))
            if let maxConcurrency { json.field("maxConcurrency", UInt64(maxConcurrency)) }
            json.act(by: by, reason: reason)
        case .gate(let game, let isPaused, let by, let reason, _):
            json.string("gate")
            json.field("game", game)
            json.key("paused")
            json.bool(isPaused)
            json.act(by: by, reason: reason)
        case .redrive(let batch, let orders, let phase, let by, let reason, _):
            json.string("redrive")
            json.field("batch", batch)
            json.field("orders", UInt64(orders))
            json.field("phase", phase.rawValue)
            json.act(by: by, reason: reason)
        case .parked(let order, let granted, let by, let reason, _):
            json.string("parked")
            json.key("order")
            json.string(utf8: CrockfordBase32.encode(order.rawValue))
            json.key("granted")
            json.bool(granted)
            json.act(by: by, reason: reason)
        case .lane, .epoch, .resend, .stock, .approval, .settle, .run:
            preconditionFailure("not an act on deliveries")
        }
    }

    package static func decode(_ bytes: [UInt8]) throws(RecordFault) -> ControlRecord {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let kind = try fields.string("kind")
            let atMs = try fields.integer("at", in: 0...(1 << 47))
            let record = try read(&fields, kind: kind, atMs: atMs)
            try fields.finish()
            return record
        } catch {
            throw RecordFault(error)
        }
    }

    private static func read(
        _ fields: inout JSONFields, kind: String, atMs: Int64
    ) throws(JSONError) -> ControlRecord {
        switch kind {
        case "lane":
            .lane(
                lane: UInt32(try fields.integer("lane", in: 0...Int64(UInt32.max))),
                owner: try fields.coupon("owner"),
                epoch: try fields.optionalInteger("epoch", in: epochs).map { UInt16($0) }, atMs: atMs)
        case "epoch":
            .epoch(
                epoch: UInt16(try fields.integer("epoch", in: epochs)),
                cause: try fields.string("cause", maxBytes: 1024), by: try fields.string("by"), atMs: atMs)
        case "resend":
            .resend(
                plan: try fields.string("plan"), orders: try fields.count("orders"),
                phase: try fields.name("phase", "is not a phase of a resend"), by: try fields.string("by"),
                reason: try fields.reason(), atMs: atMs)
        case "stock":
            .stock(
                act: try fields.string("act"), gift: try fields.string("gift"),
                add: try fields.count("add"), units: try fields.count("units"),
                by: try fields.string("by"), reason: try fields.reason(), atMs: atMs)
        case "approval":
            .approval(
                order: try fields.orderID("order"),
                verdict: try fields.name("verdict", "is neither approved nor refused"),
                by: try fields.string("by"), reason: try fields.reason(), atMs: atMs)
        case "settle":
            .settle(
                batch: try fields.string("batch"), gift: try fields.string("gift"),
                phase: try fields.name("phase", "is neither begun nor done"), by: try fields.string("by"),
                reason: try fields.reason(), atMs: atMs)
        case "run":
            .run(
                run: try fields.string("run"), by: try fields.string("by"), reason: try fields.reason(),
                atMs: atMs)
        default: try readDelivery(&fields, kind: kind, atMs: atMs)
        }
    }

    private static func readDelivery(
        _ fields: inout JSONFields, kind: String, atMs: Int64
    ) throws(JSONError) -> ControlRecord {
        switch kind {
        case "limit":
            .limit(
                game: try fields.gameOrNone(), perSecond: try fields.double("perSecond", in: rates),
                burst: Int(try fields.integer("burst", in: bursts)),
                maxConcurrency: try fields.optionalInteger("maxConcurrency", in: 1...bursts.upperBound)
                    .map { Int($0) },
                by: try fields.string("by"), reason: try fields.reason(), atMs: atMs)
        case "gate":
            .gate(
                game: try fields.string("game"), isPaused: try fields.bool("paused"),
                by: try fields.string("by"), reason: try fields.reason(), atMs: atMs)
        case "redrive":
            .redrive(
                batch: try fields.string("batch"), orders: try fields.count("orders"),
                phase: try fields.name("phase", "is neither begun nor done"), by: try fields.string("by"),
                reason: try fields.reason(), atMs: atMs)
        case "parked":
            .parked(
                order: try fields.orderID("order"), granted: try fields.bool("granted"),
                by: try fields.string("by"), reason: try fields.reason(), atMs: atMs)
        default:
            throw JSONError(offset: 0, path: "kind", reason: "\"\(kind)\" is not a kind of control record")
        }
    }

    /// Requests a second and requests: what any pacer takes.
    private static let rates: ClosedRange<Double> = 0.001...Double(CatalogLimits.perSecond)
    private static let bursts: ClosedRange<Int64> = 2...Int64(CatalogLimits.burst)
    private static let epochs: ClosedRange<Int64> = 0...Int64(UInt16.max)
}

extension JSONWriter {
    fileprivate mutating func field(_ key: StaticString, _ value: UInt64) {
        self.key(key)
        unsigned(value)
    }

    fileprivate mutating func field(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    /// Who did it, and why.
    fileprivate mutating func act(by: String, reason: String) {
        field("by", by)
        field("reason", reason)
    }
}

extension JSONFields {
    fileprivate mutating func reason() throws(JSONError) -> String { try string("reason", maxBytes: 1024) }

    /// An empty name would be taken for none.
    fileprivate mutating func gameOrNone() throws(JSONError) -> String? {
        let game = try optionalString("game")
        guard game != "" else { throw fault("game", "is empty") }
        return game
    }

    fileprivate mutating func count(_ key: String) throws(JSONError) -> Int {
        Int(try integer(key, in: 0...(1 << 47)))
    }

    fileprivate mutating func name<Name: RawRepresentable<String>>(
        _ key: String, _ fault: String
    ) throws(JSONError) -> Name {
        let text = try string(key)
        guard let name = Name(rawValue: text) else {
            throw JSONError(offset: 0, path: key, reason: "\"\(text)\" \(fault)")
        }
        return name
    }
}
