import Glibc

/// RFC 3339 times for log lines.
enum LogTime {
    /// `2026-02-10T12:00:00.123Z`.
    static func rfc3339(unixMs: Int64) -> String {
        let millisecond = ((unixMs % 1_000) + 1_000) % 1_000
        var second = time_t((unixMs - millisecond) / 1_000)
        var parts = tm()
        gmtime_r(&second, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        append(Int(parts.tm_year) + 1900, digits: 4, then: "-", to: &text)
        append(Int(parts.tm_mon) + 1, digits: 2, then: "-", to: &text)
        append(Int(parts.tm_mday), digits: 2, then: "T", to: &text)
        append(Int(parts.tm_hour), digits: 2, then: ":", to: &text)
        append(Int(parts.tm_min), digits: 2, then: ":", to: &text)
        append(Int(parts.tm_sec), digits: 2, then: ".", to: &text)
        append(Int(millisecond), digits: 3, then: "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(
        _ value: Int, digits: Int, then separator: Unicode.Scalar, to text: inout [UInt8]
    ) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: separator))
    }
}
