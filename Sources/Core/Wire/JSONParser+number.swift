extension JSONParser {
    /// Longer spellings than this are refused: no number of ours needs them.
    private static let maxNumberBytes = 128

    /// The number that starts under `offset`.
    mutating func number() throws(JSONError) -> JSON {
        let start = offset
        let negative = text[offset] == UInt8(ascii: "-")
        if negative { offset += 1 }
        let wholeStart = offset
        try digits()
        if text[wholeStart] == UInt8(ascii: "0"), offset - wholeStart > 1 {
            throw JSONError(offset: wholeStart, path: "", reason: "leading zero")
        }
        var isWhole = true
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            isWhole = false
            offset += 1
            try digits()
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            offset += 1
            if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            try digits()
        }
        if offset - start > JSONParser.maxNumberBytes {
            throw JSONError(
                offset: start, path: "", reason: "a number is longer than \(JSONParser.maxNumberBytes) bytes")
        }
        if isWhole, let whole = integer(from: wholeStart, negative: negative) { return .integer(whole) }
        let spelling = String(decoding: text[start..<offset], as: UTF8.self)
        guard let double = Double(spelling), double.isFinite else {
            throw JSONError(offset: start, path: "", reason: "a number is out of range")
        }
        return .double(double)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while offset < text.count, text[offset] >= UInt8(ascii: "0"), text[offset] <= UInt8(ascii: "9") {
            offset += 1
        }
        if offset == start { throw fault("a digit is missing") }
    }

    /// The whole number before `offset`; nil where it does not fit into 64 signed bits.
    private func integer(from start: Int, negative: Bool) -> Int64? {
        var value: Int64 = 0
        for index in start..<offset {
            let digit = Int64(text[index] - UInt8(ascii: "0"))
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) =
                negative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflowed || carried { return nil }
            value = sum
        }
        return value
    }
}
