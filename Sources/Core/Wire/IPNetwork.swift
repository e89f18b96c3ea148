/// A network in CIDR notation (RFC 4632, RFC 4291 section 2.3).
package struct IPNetwork: Sendable, Equatable {
    /// The network's own address: no bit beyond the prefix is set.
    package let address: IPAddress
    /// Of the 128 bits that an address has here.
    private let prefixBits: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address; nil for anything else, and where bits are
    /// set beyond the prefix: whoever wrote that meant another network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        // Whether the text was dotted decimals decides what the number after the slash counts.
        let isV4 = !parts[0].utf8.contains(UInt8(ascii: ":"))
        let width = isV4 ? 32 : 128
        var bits = width
        if parts.count == 2 {
            guard let number = DecimalDigits.parse(parts[1].utf8), number <= UInt64(width) else { return nil }
            bits = Int(number)
        }
        self.init(address, prefixBits: isV4 ? bits + 96 : bits)
    }

    private init?(_ address: IPAddress, prefixBits: Int) {
        self.address = address
        self.prefixBits = prefixBits
        guard Self.masked(address, prefixBits) == address else { return nil }
    }

    package func contains(_ other: IPAddress) -> Bool {
        Self.masked(other, prefixBits) == address
    }

    private static func masked(_ address: IPAddress, _ bits: Int) -> IPAddress {
        // Shifting by the whole width gives 0.
        IPAddress(
            high: address.high & ~(UInt64.max >> UInt64(min(bits, 64))),
            low: address.low & ~(UInt64.max >> UInt64(max(bits - 64, 0))))
    }
}

/// A short list of networks, as an operator writes it.
package struct NetworkList: Sendable, Equatable {
    package static let maxNetworks = 256

    package static let none = NetworkList(known: [])
    /// What no client of a public service comes from: this machine, and the networks of RFC 1918 and
    /// RFC 4193.
    package static let local = NetworkList(
        known: ["127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])

    private let networks: [IPNetwork]

    /// What a list holds that is no network.
    package struct NoNetwork: Error, Equatable {
        package let text: String

        package init(text: String) {
            self.text = text
        }
    }

    /// - Throws: the first entry that is no network, or how many there are where they are too many.
    package init(_ texts: [String]) throws(NoNetwork) {
        guard texts.count <= Self.maxNetworks else { throw NoNetwork(text: "\(texts.count) networks") }
        var networks: [IPNetwork] = []
        for text in texts {
            guard let network = IPNetwork(text) else { throw NoNetwork(text: text) }
            networks.append(network)
        }
        self.networks = networks
    }

    private init(known: [String]) {
        networks = known.compactMap { IPNetwork($0) }
    }

    package var isEmpty: Bool { networks.isEmpty }

    package func contains(_ address: IPAddress) -> Bool {
        for network in networks where network.contains(address) { return true }
        return false
    }
}
