/// What speaks against a claim that nobody has looked at. A flag refuses nothing: it is a reason to hold the
/// order until an operator has looked. Raw values are kept with held orders.
package struct RiskFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The device has claimed more than the rules allow, or the ticket names none.
    package static let device = RiskFlags(rawValue: 1)
    /// The network address has claimed more than the rules allow.
    package static let address = RiskFlags(rawValue: 2)
    /// The account is younger than the rules ask, or the ticket does not tell.
    package static let accountAge = RiskFlags(rawValue: 4)

    private static let known: [(RiskFlags, String)] = [
        (.device, "device"), (.address, "address"), (.accountAge, "account_age"),
    ]

    /// As written in records and shown to operators.
    package var names: [String] {
        Self.known.filter { contains($0.0) }.map(\.1)
    }

    /// nil for a name that is none of these.
    package init?(name: String) {
        guard let flag = Self.known.first(where: { $0.1 == name })?.0 else { return nil }
        self = flag
    }
}
