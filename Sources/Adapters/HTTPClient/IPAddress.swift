import Glibc

/// An IPv4 or IPv6 address; IPv4 is kept in its mapped form (`::ffff:a.b.c.d`), so that both ways to write
/// one destination are one value.
package struct IPAddress: Sendable, Hashable {
    let bits: UInt128

    init(bits: UInt128) { self.bits = bits }

    /// From dotted or colon text; nil for anything else, names included.
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6: v6)
        } else {
            return nil
        }
    }

    /// From a socket address of so many bytes; nil when it is neither of the two kinds.
    init?(socketAddress: UnsafeRawPointer, family: Int32, count: Int) {
        switch family {
        case AF_INET where count >= MemoryLayout<sockaddr_in>.size:
            let address = socketAddress.loadUnaligned(as: sockaddr_in.self)
            self.init(v4: UInt32(bigEndian: address.sin_addr.s_addr))
        case AF_INET6 where count >= MemoryLayout<sockaddr_in6>.size:
            self.init(v6: socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default: return nil
        }
    }

    /// - Parameter v4: in the machine's byte order.
    init(v4: UInt32) { bits = Self.mappedPrefix | UInt128(v4) }

    private init(v6: in6_addr) {
        bits = withUnsafeBytes(of: v6) { bytes in bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
    }

    /// The IPv4 address in it, if it is one.
    var v4: UInt32? { bits >> 32 == Self.mappedPrefix >> 32 ? UInt32(truncatingIfNeeded: bits) : nil }

    private static let mappedPrefix = UInt128(0xFFFF) << 32
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if let v4 {
            return stride(from: 24, through: 0, by: -8).map { String((v4 >> UInt32($0)) & 255) }
                .joined(separator: ".")
        }
        var v6 = in6_addr()
        withUnsafeMutableBytes(of: &v6) { bytes in
            for index in bytes.indices {
                bytes[index] = UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * index))
            }
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            inet_ntop(AF_INET6, &v6, text.baseAddress, socklen_t(text.count)).map { String(cString: $0) }
                ?? ""
        }
    }
}

/// Addresses that share their first bits, as in `10.0.0.0/8` or `fc00::/7`.
package struct IPNetwork: Sendable, Hashable {
    private let first: UInt128
    private let mask: UInt128

    /// From text; a bare address is a network of one. Nil when it is neither, or has bits set beyond its
    /// length, which is mostly a slip.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = parts.first, let address = IPAddress(String(head)) else { return nil }
        let offset = head.contains(":") ? 0 : 96
        var length = 128
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...(128 - offset)).contains(given) else { return nil }
            length = offset + given
        }
        mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
        first = address.bits & mask
        guard first == address.bits else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool { address.bits & mask == first }
}
