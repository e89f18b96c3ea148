import Wire

/// What is wrong with one game at the moment. Ratios are of requests, 0...1.
struct GameFaults: Sendable, Equatable {
    static let maxLatencyMs: Int64 = 60_000
    static let maxHangMs: Int64 = 600_000

    /// What a change asks for besides: acts, and no states.
    struct Acts: Sendable, Equatable {
        /// The game reads nothing for so long.
        var hangMs: Int64?
        /// Its port is closed for so long, and its connections at once; only where it has a port of its own.
        var refuseMs: Int64?
    }

    /// How long an answer takes, uniformly within the range, in ms.
    var latencyMs: ClosedRange<Int64> = 2...12
    /// Answered 500, 502 or 503, nothing granted.
    var errorRatio = 0.0
    /// Answered 429 with `Retry-After: retryAfterS`, nothing granted.
    var throttleRatio = 0.0
    var retryAfterS: Int64 = 1
    /// Granted, and then the connection closed without an answer.
    var dropRatio = 0.0
    /// Granted, and then answered 500.
    var grantErrorRatio = 0.0
    /// Done, and then the answer comes a byte a second.
    var dripRatio = 0.0
    /// Answered 410, nothing granted.
    var isGone = false
    /// Of orders, not of requests: answered 422 for good.
    var rejectRatio = 0.0

    /// Changes what the object names; the rest stays.
    ///
    /// Form:
    /// `{"latency_ms":[2,12],"error_ratio":0.01,"throttle_ratio":0,"retry_after_s":1,"drop_ratio":0.005,
    /// "grant_error_ratio":0,"drip_ratio":0,"gone":false,"reject_ratio":0,"hang_ms":5000,"refuse_ms":500}`,
    /// every field optional.
    mutating func change(_ json: JSON) throws(JSONError) -> Acts {
        var fields = try JSONFields(json)
        var changed = self
        if let range = try fields.optionalArray("latency_ms", max: 2) {
            guard range.count == 2, case .integer(let low) = range[0], case .integer(let high) = range[1],
                low >= 0, low <= high, high <= Self.maxLatencyMs
            else { throw fields.fault("latency_ms", "not [lowest, highest] within 0...\(Self.maxLatencyMs)") }
            changed.latencyMs = low...high
        }
        changed.errorRatio = try fields.optionalDouble("error_ratio", in: 0...1) ?? errorRatio
        changed.throttleRatio = try fields.optionalDouble("throttle_ratio", in: 0...1) ?? throttleRatio
        changed.retryAfterS = try fields.optionalInteger("retry_after_s", in: 0...3600) ?? retryAfterS
        changed.dropRatio = try fields.optionalDouble("drop_ratio", in: 0...1) ?? dropRatio
        changed.rejectRatio = try fields.optionalDouble("reject_ratio", in: 0...1) ?? rejectRatio
        changed.grantErrorRatio = try fields.optionalDouble("grant_error_ratio", in: 0...1) ?? grantErrorRatio
        changed.dripRatio = try fields.optionalDouble("drip_ratio", in: 0...1) ?? dripRatio
        changed.isGone = try fields.optionalBool("gone") ?? isGone
        var acts = Acts()
        acts.hangMs = try fields.optionalInteger("hang_ms", in: 0...Self.maxHangMs)
        acts.refuseMs = try fields.optionalInteger("refuse_ms", in: 0...Self.maxHangMs)
        try fields.finish()
        self = changed
        return acts
    }

    /// The same form; `hang_ms` is what is left of a hang.
    func write(hangLeftMs: Int64, into json: inout JSONWriter) {
        json.beginObject()
        json.key("latency_ms")
        json.beginArray()
        json.integer(latencyMs.lowerBound)
        json.integer(latencyMs.upperBound)
        json.endArray()
        json.key("error_ratio")
        json.double(errorRatio)
        json.key("throttle_ratio")
        json.double(throttleRatio)
        json.key("retry_after_s")
        json.integer(retryAfterS)
        json.key("drop_ratio")
        json.double(dropRatio)
        json.key("grant_error_ratio")
        json.double(grantErrorRatio)
        json.key("drip_ratio")
        json.double(dripRatio)
        json.key("gone")
        json.bool(isGone)
        json.key("reject_ratio")
        json.double(rejectRatio)
        json.key("hang_ms")
        json.integer(hangLeftMs)
        json.endObject()
    }
}
