/// Unsigned numbers as decimal digits, without a String in between.
package enum DecimalDigits {
    package static func append(_ value: UInt64, to text: inout [UInt8]) {
        if value < 10 {
            text.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        let start = text.count
        var rest = value
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        }
        var low = start
        var high = text.count - 1
        while low < high {
            text.swapAt(low, high)
            low += 1
            high -= 1
        }
    }

    /// The number of 1 to 20 digits; nil for a sign, a space, a leading zero (a number has one spelling)
    /// or more than 64 bits.
    package static func parse(_ text: some Collection<UInt8>) -> UInt64? {
        text.withContiguousStorageIfAvailable { parse($0) }
            ?? Array(text).withUnsafeBufferPointer { parse($0) }
    }

    /// The same where the bytes lie; for readers of very many.
    package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard let first = text.first, text.count <= 20 else { return nil }
        if first == UInt8(ascii: "0"), text.count > 1 { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflowed || carried { return nil }
            value = sum
        }
        return value
    }
}
