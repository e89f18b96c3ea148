import Glibc

/// An IPv4 or IPv6 address: 128 bits, an IPv4 one in the form that IPv6 maps it to (RFC 4291 section
/// 2.5.5.2), so that a client is the same over either kind of socket.
package struct IPAddress: Sendable, Hashable {
    /// The longest text form there is (RFC 4291's, with an IPv4 tail).
    package static let maxTextBytes = 45

    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter v4: the four bytes, the first of them highest.
    package init(v4: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4))
    }

    /// Reads dotted decimals or RFC 4291's forms; nil for anything else: a port, a zone, brackets, a leading
    /// zero in a decimal.
    package init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard (2...Self.maxTextBytes).contains(text.count) else { return nil }
        var spelling = InlineArray<46, CChar>(repeating: 0)
        var isV6 = false
        for index in 0..<text.count {
            // A zero byte would end the text early.
            guard text[index] != 0 else { return nil }
            if text[index] == UInt8(ascii: ":") { isV6 = true }
            spelling[index] = CChar(bitPattern: text[index])
        }
        var words: (UInt64, UInt64) = (0, 0)
        let isRead = spelling.span.withUnsafeBufferPointer { spelling in
            withUnsafeMutableBytes(of: &words) {
                inet_pton(isV6 ? AF_INET6 : AF_INET, spelling.baseAddress!, $0.baseAddress!)
            }
        }
        guard isRead == 1 else { return nil }
        if isV6 {
            self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
        } else {
            self.init(v4: UInt32(truncatingIfNeeded: UInt64(bigEndian: words.0) >> 32))
        }
    }

    package init?(_ text: String) {
        var text = text
        guard let address = text.withUTF8({ IPAddress($0) }) else { return nil }
        self = address
    }

    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// Who is limited under one name: an IPv4 address, or the /64 network of an IPv6 one, which a single
    /// subscriber has whole.
    package var subscriber: UInt64 {
        // No source address begins with sixteen ones (RFC 4291 section 2.7: that would be multicast).
        isV4 ? 0xFFFF_FFFF_0000_0000 | (low & 0xFFFF_FFFF) : high
    }
}

extension IPAddress: CustomStringConvertible {
    /// As `inet_ntop` spells it; an IPv4 address in dotted decimals.
    package var description: String {
        if isV4 { return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".") }
        var words = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Self.maxTextBytes + 1)
        _ = withUnsafeBytes(of: &words) {
            inet_ntop(AF_INET6, $0.baseAddress!, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
