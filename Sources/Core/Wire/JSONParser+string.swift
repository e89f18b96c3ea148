extension JSONParser {
    /// The string that starts at the quote under `offset`.
    mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        var bits: UInt8 = 0
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "\"") {
                let bytes = UnsafeRawBufferPointer(rebasing: text[start..<offset])
                // What is ASCII needs no validation, which takes several times as long as the copy.
                let whole =
                    bits < 0x80 ? String(decoding: bytes, as: UTF8.self) : try checked(bytes, from: start)
                offset += 1
                return whole
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw fault("a control character stands in a string") }
            bits |= byte
            offset += 1
        }
        throw fault("a string does not end")
    }

    /// A string with at least one escape, the first under `offset`: unescaped into bytes of its own.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var bytes = [UInt8](text[start..<offset])
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "\"") {
                let whole = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
                    try checked(UnsafeRawBufferPointer(buffer), from: start)
                }
                offset += 1
                return whole
            }
            if byte < 0x20 { throw fault("a control character stands in a string") }
            offset += 1
            if byte == UInt8(ascii: "\\") {
                try escape(into: &bytes)
            } else {
                bytes.append(byte)
            }
        }
        throw fault("a string does not end")
    }

    /// The escape whose backslash has been read.
    private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
        guard offset < text.count else { throw fault("a string does not end") }
        let letter = text[offset]
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            bytes.append(contentsOf: UTF8.encode(try escapedScalar())!)
            return
        default: throw fault("unknown escape")
        }
        offset += 1
    }

    /// The scalar of one `\u` escape or of a surrogate pair of them; `offset` is at the first digit.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, text.count - offset >= 6, text[offset] == UInt8(ascii: "\\"),
            text[offset + 1] == UInt8(ascii: "u")
        {
            offset += 2
            let second = try fourDigits()
            if (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return scalar
            }
        }
        throw JSONError(offset: start, path: "", reason: "lone surrogate")
    }

    private mutating func fourDigits() throws(JSONError) -> UInt32 {
        guard text.count - offset >= 4 else { throw fault("an escape needs four hexadecimal digits") }
        var value: UInt32 = 0
        for index in offset..<offset + 4 {
            let digit: UInt8
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[index] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[index] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = text[index] - UInt8(ascii: "A") + 10
            default: throw fault("an escape needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        offset += 4
        return value
    }

    private func checked(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw JSONError(offset: start, path: "", reason: "invalid UTF-8 in a string")
        }
        return string
    }
}
