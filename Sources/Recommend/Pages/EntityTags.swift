/// `If-Match`, `If-None-Match` and `If-Range` against the tag of what is selected (RFC 9110 sections 8.8.3
/// and 13.1).
enum EntityTags {
    /// How tags are compared: a weak tag says that two forms mean the same, a strong one that no byte
    /// differs.
    enum Comparison {
        case weak, strong
    }

    /// Whether a list names the tag, or is `*`. From the first thing on that is no tag, nothing is read.
    ///
    /// - Parameter tag: strong, with its quotes.
    static func isListed(_ tag: [UInt8], in field: String, _ comparison: Comparison) -> Bool {
        var field = field
        return field.withUTF8 { bytes in
            var rest = bytes[...]
            skipBlanks(&rest)
            if rest.first == UInt8(ascii: "*") {
                return rest.dropFirst().allSatisfy(ListField.isBlank)
            }
            while let (opaque, isWeak) = next(&rest) {
                if comparison == .weak || !isWeak, opaque.elementsEqual(tag) { return true }
                skipBlanks(&rest)
                guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return false }
            }
            return false
        }
    }

    /// Whether `If-Range` lets a part be sent: it is this one tag, and strong. A date never is: no page has
    /// one.
    static func isCurrent(_ tag: [UInt8], ifRange field: String) -> Bool {
        field.utf8.elementsEqual(tag)
    }

    /// The next tag with its quotes, in which a comma is a character like others; nil = the end, or no tag.
    private static func next(
        _ rest: inout Slice<UnsafeBufferPointer<UInt8>>
    ) -> (opaque: Slice<UnsafeBufferPointer<UInt8>>, isWeak: Bool)? {
        rest = rest.drop { ListField.isBlank($0) || $0 == UInt8(ascii: ",") }
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.first == UInt8(ascii: "\""),
            let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        defer { rest = rest[(end + 1)...] }
        return (rest[...end], isWeak)
    }

    private static func skipBlanks(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) {
        rest = rest.drop(while: ListField.isBlank)
    }
}
