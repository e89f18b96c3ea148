/// One log line in the making: `key=value` pairs, values quoted when they must be, never a line break inside.
struct LogfmtLine {
    /// Longer lines are cut and end in ` cut=true`.
    static let maxBytes = 8 * 1024

    private var bytes: [UInt8] = []
    private var isCut = false

    init() {
        bytes.reserveCapacity(256)
    }

    mutating func pair(_ key: String, _ value: String) {
        guard !isCut else { return }
        let start = bytes.count
        if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
        appendKey(key)
        bytes.append(UInt8(ascii: "="))
        appendValue(value)
        if bytes.count > Self.maxBytes {
            // A pair is left out whole: half a pair would be a quote without its end.
            isCut = true
            bytes.removeSubrange(start...)
        }
    }

    /// The line with its line break.
    consuming func finished() -> [UInt8] {
        if isCut { bytes.append(contentsOf: " cut=true".utf8) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func appendKey(_ key: String) {
        guard !key.isEmpty else {
            bytes.append(UInt8(ascii: "_"))
            return
        }
        for byte in key.utf8 {
            let isPlain =
                byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"")
            bytes.append(isPlain ? byte : UInt8(ascii: "_"))
        }
    }

    private mutating func appendValue(_ value: String) {
        let needsQuotes =
            value.isEmpty
            || value.utf8.contains {
                $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\"")
                    || $0 == UInt8(ascii: "\\")
            }
        guard needsQuotes else {
            bytes.append(contentsOf: value.utf8)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
            case ..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
