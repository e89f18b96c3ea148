/// The request target's forms (RFC 9112 section 3.2).
enum RequestTarget {
    /// The path of an origin-form (`/a?b`), absolute-form (`http://host/a?b`) or asterisk-form (`*`) target;
    /// nil for anything else.
    static func path(of target: String) -> String? {
        let bytes = target.utf8
        guard let first = bytes.first else { return nil }
        if first == UInt8(ascii: "/") {
            guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return target }
            return String(target[..<mark])
        }
        if target == "*" { return target }
        let lowered = target.prefix(8).lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else { return nil }
        let rest = target.dropFirst(lowered.hasPrefix("https://") ? 8 : 7)
        let end = rest.firstIndex(of: "?") ?? rest.endIndex
        guard let slash = rest[..<end].firstIndex(of: "/") else { return rest[..<end].isEmpty ? nil : "/" }
        return slash == rest.startIndex ? nil : String(rest[slash..<end])
    }

    static func query(of target: String) -> [(String, String)] {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        return target.utf8[target.utf8.index(after: mark)...]
            .split(separator: UInt8(ascii: "&"))
            .map { pair in
                let cut = pair.firstIndex(of: UInt8(ascii: "="))
                let value = cut.map { pair[pair.index(after: $0)...] }
                return (decoded(pair[..<(cut ?? pair.endIndex)]), value.map { decoded($0) } ?? "")
            }
    }

    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                if digits.count == 2, let high = nibble(digits.first!), let low = nibble(digits.last!) {
                    bytes.append(high << 4 | low)
                    rest.removeFirst(2)
                } else {
                    bytes.append(byte)
                }
            default:
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
