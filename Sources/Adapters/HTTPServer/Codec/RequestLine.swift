/// `method SP request-target SP HTTP-version` (RFC 9112 section 3), with exactly one space at each place.
enum RequestLine {
    /// - Parameters:
    ///   - start, end: the line without its line break; no control byte but tab is in it.
    ///   - base: the head's first byte, from which the spans count.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, base: Int, into head: inout RequestHead
    ) throws(Refusal) {
        var methodEnd = start
        while methodEnd < end, ByteClass.isToken(bytes[methodEnd]) { methodEnd += 1 }
        // The shortest rest is " / HTTP/1.1".
        guard methodEnd > start, end - methodEnd >= 11, bytes[methodEnd] == ByteClass.space else {
            throw .requestLine
        }
        let targetEnd = end - 9
        guard bytes[targetEnd] == ByteClass.space else { throw .requestLine }
        head.isOld = try isOldVersion(bytes, targetEnd + 1)
        guard let method = method(bytes, start, methodEnd) else { throw .method }
        head.method = method
        head.target = ByteSpan(methodEnd + 1 - base, targetEnd - base)
        let path = try RequestTarget.path(bytes, methodEnd + 1, targetEnd)
        head.path = ByteSpan(path.lowerBound - base, path.upperBound - base)
        if bytes[path.lowerBound] == UInt8(ascii: "*"), method != .options { throw .asterisk }
        head.isKept = !head.isOld
    }

    /// `HTTP/1.0` or `HTTP/1.1`. Other versions get 505 only when they are written as a version.
    private static func isOldVersion(
        _ bytes: UnsafeRawBufferPointer, _ at: Int
    ) throws(Refusal) -> Bool {
        let name: StaticString = "HTTP/"
        for index in 0..<5 where bytes[at + index] != name.utf8Start[index] { throw .requestLine }
        let (major, minor) = (bytes[at + 5], bytes[at + 7])
        guard ByteClass.isDigit(major), bytes[at + 6] == UInt8(ascii: "."), ByteClass.isDigit(minor) else {
            throw .requestLine
        }
        guard major == UInt8(ascii: "1"), minor <= UInt8(ascii: "1") else { throw .version }
        return minor == UInt8(ascii: "0")
    }

    /// Methods are case-sensitive (RFC 9110 section 9.1).
    private static func method(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) -> RequestMethod? {
        var word: UInt64 = 0
        guard end - start <= 7 else { return nil }
        for index in start..<end { word = word << 8 | UInt64(bytes[index]) }
        return switch word {
        case 0x474554: .get
        case 0x4845_4144: .head
        case 0x504F_5354: .post
        case 0x505554: .put
        case 0x50_4154_4348: .patch
        case 0x4445_4C45_5445: .delete
        case 0x4F_5054_494F_4E53: .options
        default: nil
        }
    }
}
