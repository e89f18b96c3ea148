import Wire

/// Reads the JSON of a ticket's header or claims where it lies: no tree, and for what issuers really send
/// (ASCII without escapes, whole numbers, few members) no allocation.
///
/// It accepts exactly the objects that `JSON.parse` accepts within ``limits``. The structure, plain strings
/// and whole numbers of up to 18 digits are read here; any other string or number is handed to that parser
/// by itself, so that there is one opinion on escapes, surrogates, UTF-8 and the range of numbers.
struct TicketScanner {
    static let limits = JSONLimits(maxBytes: TicketVerifier.maxBytes, maxDepth: 4, maxNodes: 64)

    /// One value, as far as a ticket's reader asks.
    enum Value {
        case string(TicketText)
        case integer(Int64)
        /// Whether the sought name is one of the elements.
        case array(holdsSought: Bool)
        case other
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let sought: TicketName
    private var offset = 0
    private var depth = 0
    private var nodes = 0
    private var names = TicketMemberNames()

    /// `sought` is what arrays are searched for. The text is read during ``object(_:)`` only.
    init(_ text: UnsafeBufferPointer<UInt8>, seeking sought: TicketName) {
        self.text = text
        self.sought = sought
    }

    /// Gives each member of the object that the whole text is, in order; false where the text is anything
    /// else, and then what was given means nothing.
    mutating func object(_ visit: (TicketText, Value) -> Void) -> Bool {
        guard text.count <= Self.limits.maxBytes else { return false }
        skipSpace()
        nodes = 1
        guard offset < text.count, text[offset] == UInt8(ascii: "{"), members(visit) else { return false }
        skipSpace()
        return offset == text.count
    }

    // MARK: - Structure

    private mutating func value() -> Value? {
        nodes += 1
        guard nodes <= Self.limits.maxNodes, offset < text.count else { return nil }
        switch text[offset] {
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return number()
        case UInt8(ascii: "["): return elements()
        case UInt8(ascii: "{"): return members { _, _ in } ? .other : nil
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return nil
        }
    }

    /// From the brace under `offset` to behind the one that closes it.
    private mutating func members(_ visit: (TicketText, Value) -> Void) -> Bool {
        guard open() else { return false }
        if take(UInt8(ascii: "}")) { return close() }
        var known = names.begin()
        while true {
            guard offset < text.count, text[offset] == UInt8(ascii: "\""), let name = string() else {
                return false
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            guard let value = value(), names.add(name, to: &known, in: text) else { return false }
            visit(name, value)
            skipSpace()
            if take(UInt8(ascii: "}")) { break }
            guard take(UInt8(ascii: ",")) else { return false }
            skipSpace()
        }
        names.end(known)
        return close()
    }

    /// From the bracket under `offset` to behind the one that closes it.
    private mutating func elements() -> Value? {
        guard open() else { return nil }
        var holdsSought = false
        if take(UInt8(ascii: "]")) {
            _ = close()
            return .array(holdsSought: false)
        }
        while true {
            guard let element = value() else { return nil }
            if case .string(let name) = element, name.equals(sought) { holdsSought = true }
            skipSpace()
            if take(UInt8(ascii: "]")) { break }
            guard take(UInt8(ascii: ",")) else { return nil }
            skipSpace()
        }
        _ = close()
        return .array(holdsSought: holdsSought)
    }

    /// Steps over the opening bracket and the space behind it; false where that is too deep.
    private mutating func open() -> Bool {
        depth += 1
        offset += 1
        skipSpace()
        return depth <= Self.limits.maxDepth
    }

    private mutating func close() -> Bool {
        depth -= 1
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < text.count, text[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while offset < text.count {
            switch text[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    // MARK: - Scalars

    private mutating func word(_ word: StaticString) -> Value? {
        let isThere = word.withUTF8Buffer { letters in
            text.count - offset >= letters.count
                && text[offset..<offset + letters.count].elementsEqual(letters)
        }
        guard isThere else { return nil }
        offset += word.utf8CodeUnitCount
        return .other
    }

    /// From the quote under `offset` to behind the one that closes the string.
    private mutating func string() -> TicketText? {
        let start = offset
        offset += 1
        var isPlain = true
        while offset < text.count {
            let byte = text[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") {
                let whole = TicketText(
                    quoted: UnsafeBufferPointer(rebasing: text[start..<offset]), isPlain: isPlain)
                return isPlain || whole.string != nil ? whole : nil
            }
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\\") {
                // What is escaped may be a quote; whether it may be what it is, `TicketText` says.
                offset += 1
                isPlain = false
            } else if byte >= 0x80 {
                isPlain = false
            }
        }
        return nil
    }

    /// From the sign or digit under `offset` to behind the last byte that could belong to a number.
    private mutating func number() -> Value? {
        let start = offset
        var value: Int64 = 0
        while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 {
            value = value &* 10 &+ Int64(text[offset] &- UInt8(ascii: "0"))
            offset += 1
        }
        let digits = offset - start
        // 18 digits cannot overflow; a leading zero is for the parser to refuse.
        let isSimple = digits == 1 || (2...18).contains(digits) && text[start] != UInt8(ascii: "0")
        if isSimple, offset == text.count || !Self.mayContinueNumber(text[offset]) { return .integer(value) }
        while offset < text.count, Self.mayContinueNumber(text[offset]) { offset += 1 }
        let spelling = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[start..<offset])
        switch try? JSON.parse(spelling, limits: Self.limits) {
        case .integer(let value): return .integer(value)
        case .double: return .other
        default: return nil
        }
    }

    private static func mayContinueNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            return true
        default: return false
        }
    }
}
