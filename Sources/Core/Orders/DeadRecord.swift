import Catalog
import Wire

/// One line of `<campaign>.dead`: an order that ended other than delivered, with what is known of why.
///
/// The order's own fields as in ``OrderRecord``, and `"outcome"`, `"reason"`, `"status"` (0: no answer),
/// `"answer"` (the first bytes of the game's answer as text, at most 512), `"at"`.
package struct DeadRecord: Sendable, Equatable {
    package var order: Order
    package var outcome: Outcome
    package var reason: String
    package var status: Int
    package var answer: String
    package var atMs: Int64

    package init(order: Order, outcome: Outcome, reason: String, status: Int, answer: String, atMs: Int64) {
        self.order = order
        self.outcome = outcome
        self.reason = reason
        self.status = status
        self.answer = answer
        self.atMs = atMs
    }

    package func encode(_ catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        OrderRecord.write(order, catalog, into: &json)
        json.key("outcome")
        json.string(outcome.rawValue)
        json.key("reason")
        json.string(reason)
        json.key("status")
        json.integer(Int64(status))
        json.key("answer")
        json.string(String(decoding: answer.utf8.prefix(512), as: UTF8.self))
        json.key("at")
        json.integer(atMs)
        json.endObject()
        return json.bytes
    }

    package static func decode(_ bytes: [UInt8], _ catalog: Catalog) throws(RecordFault) -> DeadRecord {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let order = try OrderRecord.read(&fields, catalog)
            let name = try fields.string("outcome")
            guard let outcome = Outcome(rawValue: name) else {
                throw JSONError(offset: 0, path: "outcome", reason: "\"\(name)\" is not an outcome")
            }
            let record = DeadRecord(
                order: order, outcome: outcome, reason: try fields.string("reason", maxBytes: 2048),
                status: Int(try fields.integer("status", in: 0...999)),
                answer: try fields.string("answer", maxBytes: 4096),
                atMs: try fields.integer("at", in: 0...(1 << 47)))
            try fields.finish()
            return record
        } catch {
            throw RecordFault(error)
        }
    }
}

/// A record that could not be read, kept in `<campaign>.dead` byte for byte so that a person can look at it:
/// `{"v":1,"poison":true,"topic":"…","partition":0,"offset":12,"reason":"…","value":"base64"}`.
package enum PoisonRecord {
    package static func encode(
        topic: String, partition: Int32, offset: Int64, reason: String, value: [UInt8]
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 256 + value.count * 2)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("poison")
        json.bool(true)
        json.key("topic")
        json.string(topic)
        json.key("partition")
        json.integer(Int64(partition))
        json.key("offset")
        json.integer(offset)
        json.key("reason")
        json.string(reason)
        json.key("value")
        json.string(utf8: Base64.encode(value))
        json.endObject()
        return json.bytes
    }

    /// Whether a line of `.dead` is one of these.
    package static func isPoison(_ bytes: [UInt8]) -> Bool {
        guard let json = try? JSON.parse(bytes, limits: .document), case .object(let object) = json else {
            return false
        }
        return object["poison"] == .bool(true)
    }

    /// What a line of `.dead` tells of a record that could not be read.
    package struct Found: Sendable, Equatable {
        package var topic: String
        package var partition: Int32
        package var offset: Int64
        package var reason: String
        /// The record, byte for byte.
        package var value: [UInt8]

        package init(topic: String, partition: Int32, offset: Int64, reason: String, value: [UInt8]) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
            self.reason = reason
            self.value = value
        }
    }

    /// nil: the line is none of these.
    package static func decode(_ bytes: [UInt8]) -> Found? {
        guard let json = try? JSON.parse(bytes, limits: .document), var fields = try? JSONFields(json),
            (try? fields.optionalBool("poison")) == true,
            let topic = try? fields.string("topic"),
            let partition = try? fields.integer("partition", in: 0...Int64(Int32.max)),
            let offset = try? fields.integer("offset", in: 0...Int64.max),
            let reason = try? fields.string("reason", maxBytes: 2048),
            let text = try? fields.string("value", maxBytes: JSONLimits.document.maxBytes),
            let value = Base64.decode(text.utf8)
        else { return nil }
        return Found(topic: topic, partition: Int32(partition), offset: offset, reason: reason, value: value)
    }
}
