/// The query of a request target: what follows `?`, as pairs.
enum QueryString {
    /// In order; `+` and percent-encoding decoded, ill-formed UTF-8 repaired. A broken escape stands for
    /// itself.
    static func pairs(of target: String) -> [(String, String)] {
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
                if digits.count == 2, let high = ByteClass.nibble(digits.first!),
                    let low = ByteClass.nibble(digits.last!)
                {
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
}
