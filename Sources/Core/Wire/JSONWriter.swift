/// Writes JSON straight into bytes; sets the commas by itself. The caller keeps the grammar: a key before
/// each member, an end for each beginning.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(reserving capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// A key known when compiling: it must need no escape.
    package mutating func key(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key known only at run time.
    @_disfavoredOverload
    package mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ value: String) {
        string(utf8: value.utf8)
    }

    /// A string given as its bytes, which must be valid UTF-8 (not checked here).
    package mutating func string(utf8: some Collection<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        let isContiguous: Void? = utf8.withContiguousStorageIfAvailable { escape($0) }
        if isContiguous == nil { Array(utf8).withUnsafeBufferPointer { escape($0) } }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func integer(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        DecimalDigits.append(value.magnitude, to: &bytes)
        needsComma = true
    }

    package mutating func unsigned(_ value: UInt64) {
        separate()
        DecimalDigits.append(value, to: &bytes)
        needsComma = true
    }

    /// A 64-bit number as a string of digits, for readers whose numbers are doubles.
    package mutating func decimalString(_ value: UInt64) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        DecimalDigits.append(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// The shortest spelling that reads back as the same number; what is not finite has none and is null.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
        needsComma = true
    }

    package mutating func bool(_ value: Bool) {
        raw(value ? Array("true".utf8) : Array("false".utf8))
    }

    package mutating func null() {
        raw(Array("null".utf8))
    }

    /// One value that is JSON already.
    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Copies whole runs of bytes that need no escape.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (index, byte) in text.enumerated()
        where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            bytes.append(contentsOf: text[start..<index])
            start = index + 1
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            case 0..<0x20:
                bytes.append(contentsOf: "u00".utf8)
                bytes.append(contentsOf: Hex.encode(bytes: [byte]))
            default: bytes.append(byte)
            }
        }
        bytes.append(contentsOf: text[start...])
    }
}
