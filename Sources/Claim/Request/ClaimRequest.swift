import Wire

/// The body of `POST /v1/claims`: `{"coupon":"…","gift":"id","region":"id","role":"decimal"}`, strictly
/// these four, by the parser that knows all of JSON. Bodies of the usual form are read by ``ClaimFields``.
struct ClaimRequest: Sendable, Equatable {
    /// Bytes of a body; the server refuses longer ones with 413 before anything is parsed.
    static let maxBytes = JSONLimits.request.maxBytes
    static let maxCouponBytes = 128
    static let maxIDBytes = 64

    /// The token, not yet verified.
    var coupon: String
    var gift: String
    var region: String
    var role: UInt64

    /// Reads a body; the error names the first field at fault.
    static func parse(_ body: UnsafeRawBufferPointer) throws(JSONError) -> ClaimRequest {
        var fields = try JSONFields(JSON.parse(body, limits: .request))
        let request = ClaimRequest(
            coupon: try fields.string("coupon", maxBytes: maxCouponBytes),
            gift: try fields.string("gift", maxBytes: maxIDBytes),
            region: try fields.string("region", maxBytes: maxIDBytes),
            role: try fields.decimal("role"))
        try fields.finish()
        return request
    }

    /// The same for bytes in an array.
    static func parse(_ body: [UInt8]) throws(JSONError) -> ClaimRequest {
        try body.withUnsafeBytes { bytes in Result { () throws(JSONError) in try parse(bytes) } }.get()
    }

    /// Gives the fields as the gate takes them; good during the call only.
    mutating func withFields<Value>(_ body: (ClaimFields) -> Value) -> Value {
        let role = role
        return coupon.withUTF8 { coupon in
            gift.withUTF8 { gift in
                region.withUTF8 { region in
                    body(ClaimFields(coupon: coupon, gift: gift, region: region, role: role))
                }
            }
        }
    }
}
