/// The forms a page is kept in.
enum ContentCoding: Sendable {
    case identity, gzip, brotli
}

/// What a client can decode, and what it would rather have (`Accept-Encoding`, RFC 9110 section 12.5.3).
///
/// An element that is no coding with a weight is left out, as one that was not sent.
struct AcceptEncoding: Equatable {
    /// Weights in thousandths; nil = not named.
    private var identity: Int?
    private var gzip: Int?
    private var brotli: Int?
    private var others: Int?

    /// - Parameter field: nil = not sent. Anything would be right then; what was made without it in mind
    ///   reads the plain form only.
    init(_ field: String?) {
        guard var field else { return }
        field.withUTF8 { bytes in
            for element in ListField(bytes) { take(element) }
        }
    }

    /// -1 = refused, 0 = acceptable but not asked for (the plain form when nothing is said of it), otherwise
    /// the weight, 1...1000.
    func preference(_ coding: ContentCoding) -> Int {
        switch coding {
        case .identity: Self.preference(identity ?? others ?? nil, unnamed: 0)
        case .gzip: Self.preference(gzip ?? others, unnamed: -1)
        case .brotli: Self.preference(brotli ?? others, unnamed: -1)
        }
    }

    private static func preference(_ weight: Int?, unnamed: Int) -> Int {
        guard let weight else { return unnamed }
        return weight == 0 ? -1 : weight
    }

    /// The first of a name counts.
    private mutating func take(_ element: Slice<UnsafeBufferPointer<UInt8>>) {
        let end = element.firstIndex(of: UInt8(ascii: ";")) ?? element.endIndex
        let name = ListField.trimmed(element[..<end])
        guard let weight = Self.weight(element[end...]) else { return }
        if Self.isEqual(name, "gzip") || Self.isEqual(name, "x-gzip") {
            gzip = gzip ?? weight
        } else if Self.isEqual(name, "br") {
            brotli = brotli ?? weight
        } else if Self.isEqual(name, "identity") {
            identity = identity ?? weight
        } else if Self.isEqual(name, "*") {
            others = others ?? weight
        }
    }

    /// `;q=0.123` in thousandths, 1000 for nothing at all; nil = something else.
    private static func weight(_ parameter: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard !parameter.isEmpty else { return 1000 }
        var text = ListField.trimmed(parameter.dropFirst())
        guard let name = text.popFirst(), name | 0x20 == UInt8(ascii: "q"),
            text.popFirst() == UInt8(ascii: "="), let whole = text.popFirst(), whole & 0xfe == 0x30
        else { return nil }
        var weight = Int(whole & 1) * 1000
        guard let point = text.popFirst() else { return weight }
        guard point == UInt8(ascii: "."), text.count <= 3 else { return nil }
        var unit = 100
        for digit in text {
            guard (0x30...0x39).contains(digit) else { return nil }
            weight += Int(digit & 0x0f) * unit
            unit /= 10
        }
        return weight <= 1000 ? weight : nil
    }

    private static func isEqual(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ lowered: StaticString) -> Bool {
        lowered.withUTF8Buffer { lowered in
            bytes.count == lowered.count
                && zip(bytes, lowered).allSatisfy { byte, lower in
                    byte == lower || (0x41...0x5a).contains(byte) && byte | 0x20 == lower
                }
        }
    }
}
