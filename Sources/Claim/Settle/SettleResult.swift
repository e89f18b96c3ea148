import Orders
import Wire

/// What became of one coupon of a settling request.
enum SettleResult: Sendable, Equatable {
    /// It has an order now, and Kafka holds it.
    case granted(OrderID)
    /// It had an order before, which stands.
    case skipped(OrderID)
    /// It gets none; asking again changes nothing unless something else changes first.
    case refused(problem: String, detail: String)
    /// Not at the moment; the order may exist by now. Asked again, the answer tells.
    case later(detail: String)

    /// The claim's answer seen from here.
    init(_ answer: ClaimAnswer) {
        switch answer {
        case .accepted(let id, _): self = .granted(id)
        case .stored(let id, _): self = .skipped(id)
        case .order(let order, _): self = .skipped(order.id)
        case .problem(let problem):
            let why = problem.detail ?? problem.title
            self =
                problem.status == 503 || problem.status == 429
                ? .later(detail: why) : .refused(problem: problem.slug, detail: why)
        }
    }

    var isFinal: Bool {
        if case .later = self { false } else { true }
    }
}

/// The answer to a settling request: `{"results":[{"result":"granted","order":"…"},…]}`, one a coupon, in the
/// request's order.
enum SettleAnswer {
    static let limits = JSONLimits(
        maxBytes: 256 << 10, maxDepth: 4, maxNodes: 8 + SettleRequest.maxCoupons * 4)

    static func encode(_ results: [SettleResult]) -> [UInt8] {
        var json = JSONWriter(reserving: 32 + results.count * 56)
        json.beginObject()
        json.key("results")
        json.beginArray()
        for result in results { write(result, &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(_ result: SettleResult, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("result")
        switch result {
        case .granted(let id):
            json.string("granted")
            json.key("order")
            json.string(id.text)
        case .skipped(let id):
            json.string("skipped")
            json.key("order")
            json.string(id.text)
        case .refused(let problem, let detail):
            json.string("refused")
            json.key("problem")
            json.string(problem)
            json.key("detail")
            json.string(detail)
        case .later(let detail):
            json.string("later")
            json.key("detail")
            json.string(detail)
        }
        json.endObject()
    }

    static func decode(_ body: [UInt8]) throws(JSONError) -> [SettleResult] {
        var fields = try JSONFields(JSON.parse(body, limits: limits))
        var results = [SettleResult]()
        let list = try fields.array("results", max: SettleRequest.maxCoupons)
        for (index, json) in list.enumerated() {
            var entry = try JSONFields(json, path: "results[\(index)]")
            results.append(try read(&entry))
        }
        return results
    }

    private static func read(_ entry: inout JSONFields) throws(JSONError) -> SettleResult {
        switch try entry.string("result") {
        case "granted": .granted(try order(&entry))
        case "skipped": .skipped(try order(&entry))
        case "refused":
            .refused(problem: try entry.string("problem"), detail: try entry.string("detail", maxBytes: 1024))
        case "later": .later(detail: try entry.string("detail", maxBytes: 1024))
        default: throw entry.fault("result", "is none of granted, skipped, refused, later")
        }
    }

    private static func order(_ entry: inout JSONFields) throws(JSONError) -> OrderID {
        guard let id = OrderID(text: try entry.string("order", maxBytes: 13)) else {
            throw entry.fault("order", "is not an order ID")
        }
        return id
    }
}
