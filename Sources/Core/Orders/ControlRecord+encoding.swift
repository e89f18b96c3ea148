import Wire

extension ControlRecord {
    package func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 160)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("kind")
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
        }
        json.key("at")
        json.integer(atMs)
        json.endObject()
        return json.bytes
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
                phase: try fields.name("phase", "is neither begun nor done"), by: try fields.string("by"),
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
        default:
            throw JSONError(offset: 0, path: "kind", reason: "\"\(kind)\" is not a kind of control record")
        }
    }

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
