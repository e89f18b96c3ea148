import Catalog
import HTTPServer
import Operators
import OrderStore
import Wire

/// The body of `POST /v1/admin/stock`: `{"gift","add","units"?,"reason","act"?}`, strictly these.
struct StockRequest: Sendable, Equatable {
    /// Packs that one act adds to a gift that is split beforehand: their amounts go to Redis in one call.
    static let maxSplit = 100_000
    private static let actLength = 1...64

    var gift: String
    var add: Int
    /// Of a lucky packet: what the added packs share.
    var units: Int?
    var reason: String
    /// The act's name, by which a repeat adds nothing more; nil: a new one is given.
    var act: String?

    /// Reads a body; the problem names the first field at fault.
    static func parse(_ body: [UInt8]) throws(OperatorProblem) -> StockRequest {
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(body, limits: .request))
            let request = StockRequest(
                gift: try fields.string("gift", maxBytes: 64),
                add: Int(try fields.integer("add", in: 1...Int64(CatalogLimits.stock))),
                units: try fields.optionalInteger("units", in: 1...Int64(CatalogLimits.amountTotal))
                    .map(Int.init),
                reason: try OperatorReason.read(&fields), act: try fields.optionalString("act"))
            try fields.finish()
            if let act = request.act, !isName(act) {
                throw fields.fault("act", "is not 1 to 64 letters, digits, \".\", \"_\" or \"-\"")
            }
            return request
        } catch {
            throw .malformed(error)
        }
    }

    private static func isName(_ text: String) -> Bool {
        actLength.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
    }

    /// The act as the pool is told; the problem names what does not fit the gift.
    func act(named name: String, of gift: Gift) throws(OperatorProblem) -> StockAct {
        guard let rule = gift.amount else {
            guard units == nil else { throw .malformed(field: "units", "is for lucky packets only") }
            return StockAct(act: name, add: add)
        }
        guard let units else { throw .malformed(field: "units", "missing: the pack is a lucky packet") }
        guard units >= add else {
            throw .malformed(field: "units", "must not be below add: everybody gets one unit at least")
        }
        guard rule.draw != .presplit || add <= Self.maxSplit else {
            throw .malformed(field: "add", "is above \(Self.maxSplit), the most of a pack split beforehand")
        }
        return StockAct(act: name, add: add, units: units)
    }
}

/// What came of adding stock, as the operator is told.
struct StockResult: Sendable, Equatable {
    var act: String
    var gift: String
    /// False: the act had been applied before.
    var isNew: Bool
    var sum: StockSum
    var hasUnits: Bool

    var response: HTTPResponse {
        var json = JSONWriter(reserving: 128)
        json.beginObject()
        json.key("act")
        json.string(act)
        json.key("gift")
        json.string(gift)
        json.key("added")
        json.bool(isNew)
        json.key("total")
        json.integer(Int64(sum.total))
        json.key("in_pool")
        json.integer(Int64(sum.left))
        if hasUnits {
            json.key("units")
            json.integer(Int64(sum.units))
        }
        json.endObject()
        return .json(json.bytes)
    }
}

extension OperatorProblem {
    static let otherAct = OperatorProblem(
        status: 409, slug: "other-act", title: "An act of that name adds something else",
        detail: "nothing was added; give a new act another name", field: "act")

    static func tooMuch(_ why: String) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "too-much", title: "There would be more than a pool can hold", detail: why,
            field: "add")
    }

    /// Written down, and perhaps not done: repeated under its name it is done once.
    static func unapplied(_ act: String, _ why: String) -> OperatorProblem {
        busy("the act is written down and may not be applied; repeat it with \"act\":\"\(act)\": \(why)")
    }
}
