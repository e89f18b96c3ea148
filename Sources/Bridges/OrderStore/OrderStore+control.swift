import Orders
import Redis
import Wire

/// Limits and pauses as Redis keeps them for all processes; Kafka's `.control` has them first.
package struct ControlCopy: Sendable, Equatable {
    /// Another number: something was changed.
    package var version: Int64
    package var acts: OperatorActs
    /// Fields that nobody can read; they are let stand.
    package var unreadable = 0

    package init(version: Int64, acts: OperatorActs) {
        self.version = version
        self.acts = acts
    }

    /// Fields and values as HGETALL gives them.
    package init(_ fields: [[UInt8]: [UInt8]]) {
        self.init(version: 0, acts: OperatorActs())
        for (field, value) in fields {
            if field == Array("v".utf8) {
                version = Int64(String(decoding: value, as: UTF8.self)) ?? 0
                continue
            }
            guard let record = try? ControlRecord.decode(value),
                OperatorActs.field(of: record) == String(decoding: field, as: UTF8.self)
            else {
                unreadable += 1
                continue
            }
            acts.take(record)
        }
    }

    /// The hash's fields for these acts.
    package var fields: [(field: String, value: String)] {
        [("v", "\(version)")]
            + acts.entries.map { ($0.field, String(decoding: $0.record.encode(), as: UTF8.self)) }
    }
}

/// What became of a limit or a pause that was brought to Redis.
package enum ControlWrite: Sendable, Equatable {
    /// It holds now.
    case holds(version: Int64)
    /// A newer one stands there.
    case overtaken(version: Int64)
}

extension OrderStore {
    /// Sets a limit or a gate, unless a newer one stands there. May be repeated. Traps for another record.
    package func writeControl(_ record: ControlRecord, then: @escaping Answer<ControlWrite>) {
        guard let field = OperatorActs.field(of: record) else {
            preconditionFailure("neither a limit nor a gate")
        }
        callCampaign(
            ControlScripts.write, keys: [keys.control],
            arguments: [Array(field.utf8), record.encode(), decimal(record.atMs)], then: then
        ) { reply in
            guard let reply = reply.array, reply.count == 2, let holds = reply[0].integer,
                let version = reply[1].integer
            else { return nil }
            return holds == 1 ? .holds(version: version) : .overtaken(version: version)
        }
    }

    /// All limits and gates, and their version.
    package func readControl(then: @escaping Answer<ControlCopy>) {
        callCampaign(ControlScripts.read, keys: [keys.control], arguments: [], then: then) { reply in
            guard let entries = reply.array, entries.count % 2 == 0 else { return nil }
            var fields: [[UInt8]: [UInt8]] = [:]
            for at in stride(from: 0, to: entries.count, by: 2) {
                guard let field = entries[at].bytes, let value = entries[at + 1].bytes else { return nil }
                fields[field] = value
            }
            return ControlCopy(fields)
        }
    }

    /// The version alone.
    package func controlVersion(then: @escaping Answer<Int64>) {
        callCampaign(ControlScripts.version, keys: [keys.control], arguments: [], then: then) { $0.integer }
    }
}
