import Glibc
import Wire

/// Where the parts of a compact token lie (RFC 7515 §3.1).
struct TicketParts {
    let header: UnsafeBufferPointer<UInt8>
    let payload: UnsafeBufferPointer<UInt8>
    /// A further dot would be in it, and keep it from being decoded.
    let signature: UnsafeBufferPointer<UInt8>
    /// What the signature is over.
    let signed: UnsafeBufferPointer<UInt8>

    /// nil where there are fewer than two dots.
    init?(_ token: UnsafeBufferPointer<UInt8>) {
        guard let first = Self.dot(in: token[...]), let second = Self.dot(in: token[(first + 1)...]) else {
            return nil
        }
        header = UnsafeBufferPointer(rebasing: token[..<first])
        payload = UnsafeBufferPointer(rebasing: token[(first + 1)..<second])
        signature = UnsafeBufferPointer(rebasing: token[(second + 1)...])
        signed = UnsafeBufferPointer(rebasing: token[..<second])
    }

    private static func dot(in part: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard let start = UnsafeBufferPointer(rebasing: part).baseAddress,
            let found = memchr(start, Int32(UInt8(ascii: ".")), part.count)
        else { return nil }
        return part.startIndex + (UnsafeRawPointer(found) - UnsafeRawPointer(start))
    }

    /// The bytes of a part, at the front of the room; nil where it is not base 64 for URLs.
    static func decode(
        _ part: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        Base64URL.decode(part, into: room).map { UnsafeBufferPointer(rebasing: room[..<$0]) }
    }
}
