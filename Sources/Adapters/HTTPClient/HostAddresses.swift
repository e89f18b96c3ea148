import Glibc

/// The addresses of a host as a connection would find them, for a look before anything is sent.
package enum HostAddresses {
    /// Why a name has none.
    package struct Fault: Error, Sendable, Equatable {
        package let reason: String

        package init(reason: String) { self.reason = reason }
    }

    /// What the module's requests go to, under a name of its own.
    package typealias Address = IPAddress

    /// At most as many are looked at.
    static let most = 64

    /// The host of an http or https URL, without brackets; nil where there is none.
    package static func host(of url: String) -> String? {
        guard let rest = ["http://", "https://"].first(where: url.hasPrefix).map({ url.dropFirst($0.count) })
        else { return nil }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if authority.first == "[" {
            return authority.firstIndex(of: "]").map { String(authority[..<$0].dropFirst()) }
        }
        let host = authority.prefix { $0 != ":" }
        return host.isEmpty ? nil : String(host)
    }

    /// Resolves a name, or reads an address. Blocks for as long as the system's resolver takes.
    package static func of(_ host: String) throws(Fault) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw Fault(reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var entry = list
        while let info = entry?.pointee, addresses.count < most {
            if let bytes = info.ai_addr,
                let address = IPAddress(
                    socketAddress: bytes, family: info.ai_family, count: Int(info.ai_addrlen)),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            entry = info.ai_next
        }
        return addresses
    }
}

extension HTTPClientOptions {
    /// Whether connections may go to an address.
    package func allows(_ address: IPAddress) -> Bool { addressRule.allows(address) }
}
