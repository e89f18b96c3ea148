/// What `Range` asks of a representation (RFC 9110 sections 14.1.2 and 14.2).
///
/// What is not understood is answered with the whole, as the RFC asks; so are several ranges at once, as it
/// allows: no page is so large that pieces of it in multipart/byteranges would be worth their trouble.
enum ByteRange: Equatable {
    case whole
    /// Not empty, within the representation.
    case part(Range<Int>)
    /// It begins behind the end, or asks for the last no bytes: 416.
    case unsatisfiable

    /// - Parameter length: of the representation, in bytes.
    init(_ field: String, length: Int) {
        var field = field
        self = field.withUTF8 { Self.read($0[...], length: length) }
    }

    private static func read(_ field: Slice<UnsafeBufferPointer<UInt8>>, length: Int) -> ByteRange {
        var rest = ListField.trimmed(field)
        // Names of units are compared without regard to case.
        for letter in "bytes".utf8 {
            guard let byte = rest.popFirst(), byte | 0x20 == letter else { return .whole }
        }
        guard rest.popFirst() == UInt8(ascii: "=") else { return .whole }
        rest = ListField.trimmed(rest)
        let first = number(&rest)
        guard rest.popFirst() == UInt8(ascii: "-") else { return .whole }
        let last = number(&rest)
        guard rest.isEmpty else { return .whole }
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, let suffix?):
            guard suffix > 0 else { return .unsatisfiable }
            // The last bytes of nothing: satisfiable, and there is no Content-Range for it.
            return length == 0 ? .whole : .part(max(0, length - suffix)..<length)
        case (let first?, let last):
            if let last, last < first { return .whole }
            guard first < length else { return .unsatisfiable }
            return .part(first..<min(last ?? .max, length - 1) + 1)
        }
    }

    /// Digits as a number; what is larger than any page stays that. Nil = no digit.
    private static func number(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var value: Int?
        while let digit = rest.first, (0x30...0x39).contains(digit) {
            rest.removeFirst()
            value = min((value ?? 0) * 10 + Int(digit & 0x0f), 1 << 50)
        }
        return value
    }
}
