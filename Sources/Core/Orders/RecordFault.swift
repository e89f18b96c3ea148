import Wire

/// Why a record from a topic cannot be read. Such a record is kept in `.dead`, never skipped in silence.
package struct RecordFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }

    init(_ error: JSONError) {
        reason = error.path.isEmpty ? error.reason : "\(error.path): \(error.reason)"
    }

    package var description: String { reason }
}

extension JSONFields {
    /// Opens a versioned record: a JSON object whose `v` is the one version we know.
    static func record(_ bytes: [UInt8]) throws(JSONError) -> JSONFields {
        var fields = try JSONFields(JSON.parse(bytes, limits: .record))
        _ = try fields.integer("v", in: 1...1)
        return fields
    }

    mutating func orderID(_ key: String) throws(JSONError) -> OrderID {
        let text = try string(key, maxBytes: 13)
        guard let id = OrderID(text: text) else {
            throw JSONError(
                offset: 0, path: key, reason: "is not an order ID (13 characters of Crockford base 32)")
        }
        return id
    }

    mutating func coupon(_ key: String) throws(JSONError) -> UInt64 {
        let text = try string(key, maxBytes: 16)
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else {
            throw JSONError(offset: 0, path: key, reason: "is not a coupon serial (16 hexadecimal digits)")
        }
        return value
    }
}

extension JSONWriter {
    /// A coupon's serial number as its 16 hexadecimal digits.
    mutating func coupon(_ serial: UInt64) {
        string(utf8: Hex.encode(serial))
    }
}
