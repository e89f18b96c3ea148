extension JSON {
    /// Parses one JSON text strictly after RFC 8259, in linear time.
    ///
    /// Refused besides what the grammar refuses: duplicate keys, invalid UTF-8, a byte order mark, lone
    /// surrogates, numbers beyond Double's range or longer than 128 bytes, bytes after the value, and
    /// everything over `limits`. The bytes are read during the call only.
    package static func parse(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) throws(JSONError) -> JSON {
        guard bytes.count <= limits.maxBytes else {
            throw JSONError(offset: limits.maxBytes, path: "", reason: "longer than \(limits.maxBytes) bytes")
        }
        var parser = JSONParser(text: bytes, limits: limits)
        return try parser.document()
    }

    package static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> JSON {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            try parse(UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }
}

/// The state of one parse. Recursive over containers, no deeper than `limits.maxDepth`.
struct JSONParser {
    let text: UnsafeRawBufferPointer
    let limits: JSONLimits
    var offset = 0
    private var depth = 0
    private var nodes = 0

    init(text: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.text = text
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        let root = try value()
        skipSpace()
        if offset < text.count { throw fault("something follows the value") }
        return root
    }

    func fault(_ reason: String) -> JSONError {
        JSONError(offset: offset, path: "", reason: reason)
    }

    private mutating func value() throws(JSONError) -> JSON {
        nodes += 1
        if nodes > limits.maxNodes { throw fault("more than \(limits.maxNodes) values") }
        guard offset < text.count else { throw fault("a value is missing") }
        switch text[offset] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("a value is missing")
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try enter()
        var object = JSONObject()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return object
        }
        while true {
            guard offset < text.count, text[offset] == UInt8(ascii: "\"") else {
                throw fault("a key is missing")
            }
            let keyOffset = offset
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("':' is missing") }
            let member: JSON
            do { member = try value() } catch { throw error.inside(JSONError.step(key)) }
            guard object.add(key, member) else {
                throw JSONError(offset: keyOffset, path: JSONError.step(key), reason: "duplicate key")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { break }
            guard take(UInt8(ascii: ",")) else { throw fault("',' or '}' is missing") }
        }
        depth -= 1
        return object
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        try enter()
        var elements: [JSON] = []
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return elements
        }
        while true {
            do { elements.append(try value()) } catch { throw error.inside("[\(elements.count)]") }
            skipSpace()
            if take(UInt8(ascii: "]")) { break }
            guard take(UInt8(ascii: ",")) else { throw fault("',' or ']' is missing") }
        }
        depth -= 1
        return elements
    }

    /// Steps over the opening bracket and the space behind it.
    private mutating func enter() throws(JSONError) {
        depth += 1
        if depth > limits.maxDepth { throw fault("nested deeper than \(limits.maxDepth)") }
        offset += 1
        skipSpace()
    }

    /// Steps over one structural byte and the space behind it.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < text.count, text[offset] == byte else { return false }
        offset += 1
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":") { skipSpace() }
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

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let matches = word.withUTF8Buffer { letters in
            text.count - offset >= letters.count
                && text[offset..<offset + letters.count].elementsEqual(letters)
        }
        guard matches else { throw fault("a value is missing") }
        offset += word.utf8CodeUnitCount
    }
}
