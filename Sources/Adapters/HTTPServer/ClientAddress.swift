import NIOCore
import Wire

extension HTTPRequest {
    /// Hops that are followed back at most.
    private static let maxHops = 16

    /// Whose request it is: the peer, or, where the peer is a trusted proxy, the last address in
    /// `X-Forwarded-For` that is no trusted proxy.
    ///
    /// Each proxy appends the address that it was asked from, so that only what trusted ones have written,
    /// at the end, is known: whatever stands before the last stranger, the stranger may have made up. It is
    /// hence read from its end. An entry that is no address ends the search, and the nearest hop known
    /// counts. nil without a peer.
    package func clientAddress(trusting proxies: NetworkList) -> IPAddress? {
        guard var nearest = peer, !proxies.isEmpty, proxies.contains(nearest) else { return peer }
        var hops = 0
        withLastFields("x-forwarded-for") { value in
            var rest = value[...]
            while hops < Self.maxHops {
                hops += 1
                let comma = rest.lastIndex(of: UInt8(ascii: ","))
                let start = comma.map { $0 + 1 } ?? rest.startIndex
                let entry = UnsafeBufferPointer(rebasing: rest[start...])
                guard let hop = Self.address(entry) else { return false }
                nearest = hop
                guard proxies.contains(hop) else { return false }
                guard let comma else { return true }
                rest = rest[..<comma]
            }
            return false
        }
        return nearest
    }

    /// One entry: an address, as some proxies write it with a port or in brackets.
    private static func address(_ entry: UnsafeBufferPointer<UInt8>) -> IPAddress? {
        var (start, end) = (0, entry.count)
        while start < end, ByteClass.isBlank(entry[start]) { start += 1 }
        while start < end, ByteClass.isBlank(entry[end - 1]) { end -= 1 }
        guard start < end else { return nil }
        if entry[start] == UInt8(ascii: "[") {
            guard let close = entry[start..<end].firstIndex(of: UInt8(ascii: "]")) else { return nil }
            (start, end) = (start + 1, close)
        } else if entry[start..<end].contains(UInt8(ascii: ".")),
            let colon = entry[start..<end].firstIndex(of: UInt8(ascii: ":")),
            !entry[(colon + 1)..<end].contains(UInt8(ascii: ":"))
        {
            end = colon
        }
        return IPAddress(UnsafeBufferPointer(rebasing: entry[start..<end]))
    }
}
