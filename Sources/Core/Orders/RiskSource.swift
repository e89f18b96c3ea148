/// Where a claim comes from, as far as risk is counted: names as numbers, so that a desk keeps no text.
package struct RiskSource: Sendable, Equatable {
    package static let unknown = RiskSource(device: 0, address: 0)

    /// A digest of the device's name; 0: not known.
    package var device: UInt64
    /// An address by subscriber (an IPv4 address, or the /64 network of an IPv6 one); 0: not known.
    package var address: UInt64

    package init(device: UInt64, address: UInt64) {
        self.device = device
        self.address = address
    }
}
