import Wire

/// Numbers as a person reads them in a table.
enum Numbers {
    /// `12,431`.
    static func count(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: at))
            at -= 3
        }
        return value < 0 ? "-" + digits : digits
    }

    /// A rate: whole from 100 on, else with one decimal, below 1 with three.
    static func rate(_ value: Double) -> String {
        guard value.isFinite, value < 1e12 else { return "-" }
        if value >= 100 || value == 0 { return count(Int(value.rounded())) }
        return value >= 1 ? fixed(value, 10, 1) : fixed(value, 1000, 3)
    }

    /// A span of time in the unit that fits: `850ms`, `4.2s`, `3m10s`, `2h05m`, `3d04h`.
    static func span(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "-" }
        let s = max(0, seconds)
        if s < 1 { return "\(Int((s * 1000).rounded()))ms" }
        if s < 60 { return fixed(s, 10, 1) + "s" }
        let whole = Int(s)
        func pair(_ big: Int, _ small: Int, _ names: (String, String)) -> String {
            "\(big)\(names.0)" + (small < 10 ? "0" : "") + "\(small)\(names.1)"
        }
        if whole < 3600 { return pair(whole / 60, whole % 60, ("m", "s")) }
        if whole < 86_400 { return pair(whole / 3600, whole % 3600 / 60, ("h", "m")) }
        return pair(whole / 86_400, whole % 86_400 / 3600, ("d", "h"))
    }

    /// Rounded to so many decimals, without what a locale would do.
    private static func fixed(_ value: Double, _ scale: Int, _ decimals: Int) -> String {
        let scaled = Int((value * Double(scale)).rounded())
        let rest = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
    }

    /// `12:03:04` UTC.
    static func clock(unixMs: Int64) -> String {
        let text = UTCTimestamp.rfc3339(unixMs: unixMs)
        return String(text.dropFirst(11).prefix(8))
    }

    /// In one line of so many characters at most.
    static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
    }
}
