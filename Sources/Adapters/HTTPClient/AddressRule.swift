/// Where connections may go: anywhere, or to public addresses and the networks that are named.
///
/// Asked about each address at the moment when its socket is made, with the very bytes that `connect` will
/// get: what was checked is what is connected to, and a name that resolves to something else meanwhile
/// (DNS rebinding) gains nothing. A kept connection stays with the address that it was made to.
struct AddressRule: Sendable {
    let allowsPrivate: Bool
    let allowed: [IPNetwork]

    func allows(_ address: IPAddress) -> Bool {
        allowsPrivate || allowed.contains { $0.contains(address) } || Self.isPublic(address)
    }

    /// Whether it is reachable for everybody, by IANA's special-purpose address registries (RFC 6890): not
    /// this host, private, shared (CGNAT), link-local, unique-local, multicast, reserved or for examples.
    /// Of IPv6 only what is handed out (2000::/3) counts; forms that carry an IPv4 address (mapped, NAT64,
    /// 6to4) are as public as that one.
    static func isPublic(_ address: IPAddress) -> Bool {
        if address.v4 != nil { return !specialV4.contains { $0.contains(address) } }
        if nat64.contains(address) {
            return isPublic(IPAddress(v4: UInt32(truncatingIfNeeded: address.bits)))
        }
        if sixToFour.contains(address) {
            return isPublic(IPAddress(v4: UInt32(truncatingIfNeeded: address.bits >> 80)))
        }
        return handedOut.contains(address) && !specialV6.contains { $0.contains(address) }
    }

    private static let specialV4 = networks(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
    /// Within 2000::/3: IETF assignments with Teredo and ORCHID, and documentation.
    private static let specialV6 = networks("2001::/23", "2001:db8::/32", "3fff::/20")
    private static let handedOut = network("2000::/3")
    private static let nat64 = network("64:ff9b::/96")
    private static let sixToFour = network("2002::/16")

    private static func networks(_ texts: String...) -> [IPNetwork] { texts.map(network) }

    private static func network(_ text: String) -> IPNetwork {
        guard let network = IPNetwork(text) else { preconditionFailure("not a network: \(text)") }
        return network
    }
}
