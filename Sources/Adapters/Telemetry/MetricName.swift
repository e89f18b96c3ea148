/// The exposition format's rules for names and label values (Prometheus text format 0.0.4).
enum MetricName {
    /// A legal metric name: whatever is not a letter, digit, `_` or `:` becomes `_`, a leading digit gets one
    /// in front.
    static func metric(_ label: String) -> String {
        legal(label, colons: true)
    }

    /// A legal label name.
    static func label(_ name: String) -> String {
        legal(name, colons: false)
    }

    /// `a="x",b="y"` sorted by name, so that the same dimensions in another order are the same series.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions
            .map { (label($0.0), $0.1) }
            .sorted { $0.0 < $1.0 }
            .map { "\($0)=\"\(escapedValue($1))\"" }
            .joined(separator: ",")
    }

    static func escapedValue(_ value: String) -> String {
        escaped(value, quotes: true)
    }

    /// Help texts escape backslash and line feed, not quotes.
    static func escapedHelp(_ help: String) -> String {
        escaped(help, quotes: false)
    }

    private static func legal(_ text: String, colons: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                bytes.append(byte)
            case UInt8(ascii: ":") where colons: bytes.append(byte)
            default: bytes.append(UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
