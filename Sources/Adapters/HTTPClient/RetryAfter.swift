import CCurl

/// `Retry-After` (RFC 9110 §10.2.3): a number of seconds, or an HTTP-date.
enum RetryAfter {
    /// Larger numbers are taken for this many seconds (about 31 years), so that arithmetic stays simple.
    static let maxSeconds: Int64 = 1_000_000_000

    /// Seconds from `nowS` (Unix time) on; nil for what is neither form. A date in the past gives 0.
    static func seconds(_ value: String, nowS: Int64) -> Int64? {
        let text = value.utf8.drop(while: isBlank)
        let digits = text.prefix { $0 >= 48 && $0 <= 57 }
        if !digits.isEmpty, text.dropFirst(digits.count).allSatisfy(isBlank) {
            return digits.reduce(Int64(0)) { min(maxSeconds, $0 * 10 + Int64($1 - 48)) }
        }
        // All three date forms begin with the name of a day; curl's parser would take much more.
        guard let first = text.first, (65...90).contains(first) else { return nil }
        let dateS = Int64(curl_getdate(value, nil))
        return dateS < 0 ? nil : min(maxSeconds, max(0, dateS - nowS))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
