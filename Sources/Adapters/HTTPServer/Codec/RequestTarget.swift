/// The request target's forms (RFC 9112 section 3.2): origin (`/a?b`), absolute (`http://host/a?b`) and
/// asterisk (`*`). The authority form belongs to CONNECT, which this server does not know.
enum RequestTarget {
    /// Where the path stands. Paths are not decoded and dots in them not resolved: services compare them
    /// byte by byte.
    static func path(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(Refusal) -> Range<Int> {
        guard start < end else { throw .target }
        if bytes[start] == UInt8(ascii: "/") { return start..<(try pathEnd(bytes, start, end)) }
        if end - start == 1, bytes[start] == UInt8(ascii: "*") { return start..<end }
        let authority: Int
        if end - start > 7, ByteClass.matches(bytes, start, start + 7, "http://") {
            authority = start + 7
        } else if end - start > 8, ByteClass.matches(bytes, start, start + 8, "https://") {
            authority = start + 8
        } else {
            throw .target
        }
        var authorityEnd = authority
        while authorityEnd < end, bytes[authorityEnd] != UInt8(ascii: "/"),
            bytes[authorityEnd] != UInt8(ascii: "?")
        {
            authorityEnd += 1
        }
        guard HostName.isValid(bytes, authority, authorityEnd) else { throw .target }
        let pathEnd = try pathEnd(bytes, authorityEnd, end)
        // No path means "/" (RFC 9110 section 4.2.3); one stands at the authority's beginning.
        return pathEnd > authorityEnd ? authorityEnd..<pathEnd : authority - 1..<authority
    }

    /// Where the path ends, all bytes of path and query being visible ASCII and no fragment among them.
    /// Escapes in the path are two digits each and not NUL; those in a query are left to its reader.
    private static func pathEnd(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(Refusal) -> Int {
        var at = start
        while at < end, bytes[at] != UInt8(ascii: "?") {
            let byte = bytes[at]
            guard ByteClass.isVisible(byte), byte != UInt8(ascii: "#") else { throw .target }
            if byte == UInt8(ascii: "%") {
                guard end - at > 2, let high = ByteClass.nibble(bytes[at + 1]),
                    let low = ByteClass.nibble(bytes[at + 2]), high | low != 0
                else { throw .target }
            }
            at += 1
        }
        let pathEnd = at
        while at < end {
            guard ByteClass.isVisible(bytes[at]), bytes[at] != UInt8(ascii: "#") else { throw .target }
            at += 1
        }
        return pathEnd
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 section 7.2), not empty and without user information.
enum HostName {
    static func isValid(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        var at = start
        if at < end, bytes[at] == UInt8(ascii: "[") {
            at += 1
            while at < end, ByteClass.nibble(bytes[at]) != nil || isAddressMark(bytes[at]) { at += 1 }
            guard at - start > 2, at < end, bytes[at] == UInt8(ascii: "]") else { return false }
            at += 1
        } else {
            while at < end, isNameByte(bytes[at]) { at += 1 }
            guard at > start else { return false }
        }
        guard at < end else { return true }
        guard bytes[at] == UInt8(ascii: ":"), end - at <= 6 else { return false }
        at += 1
        while at < end, ByteClass.isDigit(bytes[at]) { at += 1 }
        return at == end
    }

    private static func isAddressMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// `unreserved`, `sub-delims` and `%` of RFC 3986, one bit a byte: letters, digits, `!$%&'()*+,-.;=_~`.
    @inline(__always)
    private static func isNameByte(_ byte: UInt8) -> Bool {
        let bits: UInt64 = byte < 64 ? 0x2BFF_7FF2_0000_0000 : 0x47FF_FFFE_87FF_FFFE
        return byte < 128 && (bits >> UInt64(byte & 63)) & 1 != 0
    }
}
