/// From when on a claim is suspicious. A rule that is nil is not applied.
///
/// Counts are of claims within the last ``RiskCounters/windowS`` seconds. A rule whose input is missing (a
/// ticket that names no device, or does not say how old the account is) raises its flag: what cannot be
/// known is looked at by a person, not taken for good.
package struct RiskRules: Sendable, Equatable {
    /// Claims that a device may make before it is looked at.
    package var claimsPerDevice: Int?
    /// The same of a network address.
    package var claimsPerAddress: Int?
    package var minAccountAgeDays: Int?

    package init(claimsPerDevice: Int? = nil, claimsPerAddress: Int? = nil, minAccountAgeDays: Int? = nil) {
        self.claimsPerDevice = claimsPerDevice
        self.claimsPerAddress = claimsPerAddress
        self.minAccountAgeDays = minAccountAgeDays
    }

    package var isEmpty: Bool {
        claimsPerDevice == nil && claimsPerAddress == nil && minAccountAgeDays == nil
    }

    /// - Parameters:
    ///   - deviceClaims, addressClaims: claims of the window, this one included; nil where there is no name
    ///     to count under.
    ///   - accountCreatedS: Unix seconds, from the ticket.
    package func flags(
        deviceClaims: Int?, addressClaims: Int?, accountCreatedS: Int64?, nowS: Int64
    ) -> RiskFlags {
        var flags: RiskFlags = []
        if let claimsPerDevice, deviceClaims.map({ $0 > claimsPerDevice }) ?? true { flags.insert(.device) }
        if let claimsPerAddress, addressClaims.map({ $0 > claimsPerAddress }) ?? true {
            flags.insert(.address)
        }
        if let minAccountAgeDays {
            let bornByS = nowS - Int64(minAccountAgeDays) * 86_400
            if accountCreatedS.map({ $0 > bornByS }) ?? true { flags.insert(.accountAge) }
        }
        return flags
    }
}
