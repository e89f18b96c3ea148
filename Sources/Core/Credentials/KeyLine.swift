import Wire

/// One line of a keys file: what it says of a key, and, where it ends with `until=` and an RFC 3339 time
/// behind a space, when that key ends. In a rotation the old key gets an end and the new one none.
package struct KeyLine: Sendable, Equatable {
    /// The line without its end date.
    package let text: String
    /// Unix seconds; from then on the key is refused as if it had never been. `Int64.max`: it has no end.
    package let untilS: Int64

    /// - Throws: `KeyFault.Reason.badEnd` where the time cannot be read: a key must not outlive what was
    ///   meant.
    package init(_ line: String) throws(KeyFault) {
        let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let last = parts.last, last.hasPrefix(Self.mark) else {
            text = line
            untilS = .max
            return
        }
        untilS = try Self.untilS(String(last.dropFirst(Self.mark.count)))
        text = parts.dropLast().joined(separator: " ")
    }

    /// Whether a key with that end is refused at `nowS`; one without an end is good for ever.
    static func hasEnded(untilS: Int64, nowS: Int64) -> Bool {
        untilS != .max && nowS >= untilS
    }

    private static let mark = "until="

    /// Unix seconds of an end date; decimals of a second are cut.
    package static func untilS(_ text: String) throws(KeyFault) -> Int64 {
        guard let untilMs = UTCTimestamp.parse(text), untilMs >= 0 else { throw KeyFault(reason: .badEnd) }
        return untilMs / 1000
    }
}
