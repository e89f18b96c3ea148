import Catalog
import Wire

/// One line of `<campaign>.held`: an order that waits for an operator's approval, and what made it wait.
///
/// The order's own fields as in ``OrderRecord``, and `"risk":["…"]`: the rules that it met, none where its
/// gift pack is always held.
package struct HeldRecord: Sendable, Equatable {
    /// Rules named in a record at most.
    package static let maxRisks = 16

    package var order: Order
    package var risk: [String]

    package init(order: Order, risk: [String]) {
        self.order = order
        self.risk = risk
    }

    package func encode(_ catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 384)
        json.beginObject()
        OrderRecord.write(order, catalog, into: &json)
        json.key("risk")
        json.beginArray()
        for rule in risk.prefix(Self.maxRisks) { json.string(rule) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    package static func decode(_ bytes: [UInt8], _ catalog: Catalog) throws(RecordFault) -> HeldRecord {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let order = try OrderRecord.read(&fields, catalog)
            var risk = [String]()
            for (index, rule) in try fields.array("risk", max: maxRisks).enumerated() {
                guard case .string(let name) = rule else {
                    throw JSONError(offset: 0, path: "risk[\(index)]", reason: "is not a string")
                }
                risk.append(name)
            }
            try fields.finish()
            return HeldRecord(order: order, risk: risk)
        } catch {
            throw RecordFault(error)
        }
    }
}
