import Operators
import Wire

/// The body of `POST /v1/admin/settle`: `{"batch","gift","reason","coupons":["token",…],"done"?}`, strictly
/// these.
///
/// A run of any length is sent as many requests of one `batch`; the last one says `"done":true`, with or
/// without coupons.
struct SettleRequest: Sendable, Equatable {
    /// Coupons in one request.
    static let maxCoupons = 256
    static let limits = JSONLimits(maxBytes: 64 << 10, maxDepth: 3, maxNodes: maxCoupons + 16)
    private static let maxCouponBytes = 128
    private static let maxIDBytes = 64

    /// Names the run in the control topic; the client's own random number.
    var batch: UInt64
    var gift: String
    var reason: String
    /// Tokens, not yet verified.
    var coupons: [String]
    var isDone = false

    /// Reads a body; the problem names the first field at fault.
    static func parse(_ body: [UInt8]) throws(OperatorProblem) -> SettleRequest {
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(body, limits: limits))
            let request = SettleRequest(
                batch: try fields.hex("batch"), gift: try fields.string("gift", maxBytes: maxIDBytes),
                reason: try OperatorReason.read(&fields),
                coupons: try tokens(try fields.array("coupons", max: maxCoupons)),
                isDone: try fields.optionalBool("done") ?? false)
            try fields.finish()
            guard request.isDone || !request.coupons.isEmpty else {
                throw fields.fault("coupons", "is empty, and \"done\" is not true")
            }
            return request
        } catch {
            throw .malformed(error)
        }
    }

    private static func tokens(_ list: [JSON]) throws(JSONError) -> [String] {
        var tokens = [String]()
        tokens.reserveCapacity(list.count)
        for (index, json) in list.enumerated() {
            guard case .string(let token) = json, token.utf8.count <= maxCouponBytes else {
                throw JSONError(
                    path: "coupons[\(index)]", reason: "is not a string of at most \(maxCouponBytes) bytes")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// The same as a body.
    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 128 + reason.utf8.count + coupons.count * 56)
        json.beginObject()
        json.key("batch")
        json.string(utf8: Hex.encode(batch))
        json.key("gift")
        json.string(gift)
        json.key("reason")
        json.string(reason)
        json.key("coupons")
        json.beginArray()
        for coupon in coupons { json.string(coupon) }
        json.endArray()
        if isDone {
            json.key("done")
            json.bool(true)
        }
        json.endObject()
        return json.bytes
    }
}
