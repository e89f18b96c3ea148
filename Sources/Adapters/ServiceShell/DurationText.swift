/// Durations as people write them in settings.
enum DurationText {
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    /// Digits and one unit, nothing else; nil too when it does not fit 292 years.
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits),
            let unit = units.first(where: { $0.suffix == text[digits.endIndex...] })
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
        return overflow ? nil : .nanoseconds(product)
    }

    /// In the largest unit that divides it.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        guard let unit = units.last(where: { nanoseconds % $0.nanoseconds == 0 }), nanoseconds != 0 else {
            return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
        }
        return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
    }
}
