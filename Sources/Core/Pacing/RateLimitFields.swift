/// The values of the `RateLimit-Policy` and `RateLimit` header fields for a person's quota.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-11 (May 2026), §3.1 for `q` and `w`, §4.1 for `r` and `t`.
/// Two of its rules decide what `t` is. `retry-after` should not end before the window that `t` names (§6):
/// a refusal gives the same number in both. And r / t must not invite a client to more than the service
/// wants (§6, §8.5): `r` spread over `t` is never faster than `q` over `w`. The partition key is left out:
/// it would be the user.
package struct RateLimitFields: Sendable {
    /// The value of `RateLimit-Policy`: `"person";q=60;w=60`. It does not change.
    package let policy: String
    private let start: String

    /// `name` is what the policy is called in both fields: letters, digits, `-`.
    package init(_ limit: PersonLimit, name: String = "person") {
        precondition(
            name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }, "a policy's name must need no quoting")
        policy = "\"\(name)\";q=\(limit.quota);w=\(limit.windowS)"
        start = "\"\(name)\";r="
    }

    /// The value of `RateLimit`: `"person";r=59;t=59`.
    package func value(_ decision: PersonLimiter.Decision) -> String {
        switch decision {
        case .allowed(let remaining, let resetAfterS): return "\(start)\(remaining);t=\(resetAfterS)"
        case .limited(let retryAfterS): return "\(start)0;t=\(retryAfterS)"
        }
    }
}
