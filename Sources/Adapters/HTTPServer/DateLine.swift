import Glibc

/// The `date` field as a whole line, made anew only when the second has changed.
struct DateLine {
    private(set) var bytes: [UInt8] = []
    private var second = Int64.min

    /// - Parameter unixS: Unix time in seconds.
    mutating func update(unixS: Int64) {
        guard unixS != second else { return }
        second = unixS
        bytes = Self.line(unixS: unixS)
    }

    /// `date: Sun, 06 Nov 1994 08:49:37 GMT\r\n` (RFC 9110 section 5.6.7).
    static func line(unixS: Int64) -> [UInt8] {
        var time = time_t(unixS)
        var parts = tm()
        gmtime_r(&time, &parts)
        var line = Array("date: ".utf8)
        line.append(
            contentsOf: Array("SunMonTueWedThuFriSat".utf8)[
                Int(parts.tm_wday) * 3..<Int(parts.tm_wday) * 3 + 3])
        line.append(contentsOf: ", ".utf8)
        appendTwo(parts.tm_mday, " ", to: &line)
        let months = Array("JanFebMarAprMayJunJulAugSepOctNovDec".utf8)
        line.append(contentsOf: months[Int(parts.tm_mon) * 3..<Int(parts.tm_mon) * 3 + 3])
        line.append(UInt8(ascii: " "))
        let year = parts.tm_year + 1900
        appendTwo(year / 100, "", to: &line)
        appendTwo(year % 100, " ", to: &line)
        appendTwo(parts.tm_hour, ":", to: &line)
        appendTwo(parts.tm_min, ":", to: &line)
        appendTwo(parts.tm_sec, " GMT\r\n", to: &line)
        return line
    }

    private static func appendTwo(_ value: Int32, _ after: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10 % 10))
        line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
        line.append(contentsOf: after.utf8)
    }
}
