/// Gathers the lines of one exposition.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func header(name: String, kind: MetricKind, help: String?) {
        if let help {
            bytes.append(contentsOf: "# HELP \(name) \(MetricName.escapedHelp(help))\n".utf8)
        }
        bytes.append(contentsOf: "# TYPE \(name) \(kind.rawValue)\n".utf8)
    }

    /// - Parameters:
    ///   - suffix: `_bucket` and the like.
    ///   - extra: one more label, as `le="0.5"`.
    mutating func sample(
        name: String, suffix: String = "", labels: String, extra: String = "", value: String
    ) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: suffix.utf8)
        if !labels.isEmpty || !extra.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels.utf8)
            if !labels.isEmpty, !extra.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: extra.utf8)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: value.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// A number as the format writes it; whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return String(whole) }
        return "\(value)"
    }
}
