/// When a claim of a high-value gift pack (`Gift.highValue`) waits for an operator's approval, and who may
/// give it.
package struct ApprovalRules: Sendable, Equatable {
    package enum Hold: String, Sendable, CaseIterable {
        /// Every claim of such a pack.
        case always
        /// Those that one of the rules below speaks against.
        case suspicious
    }

    package let hold: Hold
    /// More claims than this from one device are suspicious; nil = devices are not looked at.
    package let claimsPerDevice: Int?
    /// The same of one network address.
    package let claimsPerAddress: Int?
    /// A younger account is suspicious, and so is one whose age the ticket does not tell.
    package let minAccountAgeDays: Int?
    /// Packs whose `Gift.value` is at least this need two different operators; nil = one is enough.
    package let twoPersonsFrom: Int?
    /// Approvals that one operator may give a day; nil = as many as there are.
    package let capPerOperatorPerDay: Int?

    package init(
        hold: Hold, claimsPerDevice: Int? = nil, claimsPerAddress: Int? = nil, minAccountAgeDays: Int? = nil,
        twoPersonsFrom: Int? = nil, capPerOperatorPerDay: Int? = nil
    ) {
        self.hold = hold
        self.claimsPerDevice = claimsPerDevice
        self.claimsPerAddress = claimsPerAddress
        self.minAccountAgeDays = minAccountAgeDays
        self.twoPersonsFrom = twoPersonsFrom
        self.capPerOperatorPerDay = capPerOperatorPerDay
    }

    /// How many operators must approve of a pack: 1 or 2.
    package func approvals(of gift: Gift) -> Int {
        twoPersonsFrom.map { gift.value >= $0 } == true ? 2 : 1
    }
}
