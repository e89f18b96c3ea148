/// Judges claims by the campaign's risk rules, on one event loop.
///
/// Judging counts the claim at once, so that many sent at a time do not pass together; the claim that turns
/// out to be a repeat, or is refused, is taken back. The counts are the loop's own: a device whose
/// connections are spread over n loops may claim up to n times its number unflagged. They are not kept over a
/// restart.
///
/// Times are Unix seconds. A value type; its loop owns it.
package struct RiskDesk: ~Copyable {
    package let rules: RiskRules
    private var devices: RiskCounters
    private var addresses: RiskCounters

    /// - Parameter slots: names remembered by a rule that counts, see ``RiskCounters``; a rule that is not
    ///   set takes next to nothing.
    package init(rules: RiskRules, slots: Int = 65_536) {
        self.rules = rules
        devices = RiskCounters(slots: rules.claimsPerDevice == nil ? RiskCounters.ways : slots)
        addresses = RiskCounters(slots: rules.claimsPerAddress == nil ? RiskCounters.ways : slots)
    }

    /// Counts a claim and tells what speaks against it.
    package mutating func judge(_ source: RiskSource, accountCreatedS: Int64?, nowS: Int64) -> RiskFlags {
        guard !rules.isEmpty else { return [] }
        let deviceClaims = countsDevice(source) ? devices.count(source.device, nowS: nowS) : nil
        let addressClaims = countsAddress(source) ? addresses.count(source.address, nowS: nowS) : nil
        return rules.flags(
            deviceClaims: deviceClaims, addressClaims: addressClaims, accountCreatedS: accountCreatedS,
            nowS: nowS)
    }

    /// A judged claim gave no new order.
    package mutating func takeBack(_ source: RiskSource, nowS: Int64) {
        if countsDevice(source) { devices.takeBack(source.device, nowS: nowS) }
        if countsAddress(source) { addresses.takeBack(source.address, nowS: nowS) }
    }

    private func countsDevice(_ source: RiskSource) -> Bool {
        rules.claimsPerDevice != nil && source.device != 0
    }

    private func countsAddress(_ source: RiskSource) -> Bool {
        rules.claimsPerAddress != nil && source.address != 0
    }

    /// Devices and addresses forgotten because the tables were too small.
    package var forgotten: UInt64 { devices.forgotten + addresses.forgotten }
}
