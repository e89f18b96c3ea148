import Wire

/// One line of `<campaign>.control`: what must be known again after Redis was lost, and who did what, when
/// and why.
///
/// `{"v":1,"kind":"lane","lane":7,"owner":"16 hex","at":ms}`;
/// `{"v":1,"kind":"resend","plan":"checksum","orders":12,"phase":"begun"|"done","by":"…","reason":"…",
/// "at":ms}`.
package enum ControlRecord: Sendable, Equatable {
    /// A lane was given out. Written before the lane numbers its first order, so that a wiped Redis finds the
    /// highest lane again.
    case lane(lane: UInt32, owner: UInt64, atMs: Int64)
    /// A resend plan is about to be applied, or was.
    case resend(plan: String, orders: Int, phase: Phase, by: String, reason: String, atMs: Int64)

    package enum Phase: String, Sendable {
        case begun, done
    }

    package func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 160)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("kind")
        switch self {
        case .lane(let lane, let owner, let atMs):
            json.string("lane")
            json.key("lane")
            json.unsigned(UInt64(lane))
            json.key("owner")
            json.string(utf8: Hex.encode(owner))
            json.key("at")
            json.integer(atMs)
        case .resend(let plan, let orders, let phase, let by, let reason, let atMs):
            json.string("resend")
            json.key("plan")
            json.string(plan)
            json.key("orders")
            json.integer(Int64(orders))
            json.key("phase")
            json.string(phase.rawValue)
            json.key("by")
            json.string(by)
            json.key("reason")
            json.string(reason)
            json.key("at")
            json.integer(atMs)
        }
        json.endObject()
        return json.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(RecordFault) -> ControlRecord {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let kind = try fields.string("kind")
            let time: ClosedRange<Int64> = 0...(1 << 47)
            let record: ControlRecord
            switch kind {
            case "lane":
                record = .lane(
                    lane: UInt32(try fields.integer("lane", in: 0...Int64(UInt32.max))),
                    owner: try fields.coupon("owner"), atMs: try fields.integer("at", in: time))
            case "resend":
                let plan = try fields.string("plan")
                let orders = Int(try fields.integer("orders", in: 0...Int64(Int32.max)))
                let name = try fields.string("phase")
                guard let phase = Phase(rawValue: name) else {
                    throw JSONError(offset: 0, path: "phase", reason: "\"\(name)\" is neither begun nor done")
                }
                record = .resend(
                    plan: plan, orders: orders, phase: phase, by: try fields.string("by"),
                    reason: try fields.string("reason", maxBytes: 1024),
                    atMs: try fields.integer("at", in: time))
            default:
                throw JSONError(
                    offset: 0, path: "kind", reason: "\"\(kind)\" is not a kind of control record")
            }
            try fields.finish()
            return record
        } catch {
            throw RecordFault(error)
        }
    }
}
