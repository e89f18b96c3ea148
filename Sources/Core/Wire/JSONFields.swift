/// Strict decoding of one JSON object whose fields are known: the first fault throws, with its path, and
/// `finish` refuses every field that nobody asked for. For requests and records.
///
/// A field is asked for once. The optional forms give nil for a missing field and for null.
package struct JSONFields {
    /// An object decoded by fields has at most this many (the fields seen are the bits of a word).
    private static let maxMembers = 64

    private let object: JSONObject
    private let path: String
    private var seen: UInt64 = 0

    /// `path` is where the object stands in its text: `gifts[3]`, empty at the root.
    package init(_ json: JSON, path: String = "") throws(JSONError) {
        guard case .object(let object) = json else {
            throw JSONError(path: path, reason: "expected an object, found \(json.kind)")
        }
        guard object.members.count <= JSONFields.maxMembers else {
            throw JSONError(path: path, reason: "more than \(JSONFields.maxMembers) fields")
        }
        self.object = object
        self.path = path
    }

    /// A string of at most `maxBytes` bytes of UTF-8.
    package mutating func string(_ key: String, maxBytes: Int = 256) throws(JSONError) -> String {
        try required(key, optionalString(key, maxBytes: maxBytes))
    }

    package mutating func optionalString(_ key: String, maxBytes: Int = 256) throws(JSONError) -> String? {
        guard let json = take(key) else { return nil }
        guard case .string(let value) = json else { throw mismatch(key, "a string", json) }
        guard value.utf8.count <= maxBytes else { throw fault(key, "longer than \(maxBytes) bytes") }
        return value
    }

    package mutating func integer(_ key: String, in range: ClosedRange<Int64>) throws(JSONError) -> Int64 {
        try required(key, optionalInteger(key, in: range))
    }

    package mutating func optionalInteger(
        _ key: String, in range: ClosedRange<Int64>
    ) throws(JSONError) -> Int64? {
        guard let json = take(key) else { return nil }
        guard case .integer(let value) = json else { throw mismatch(key, "an integer", json) }
        guard range.contains(value) else {
            throw fault(key, "not within \(range.lowerBound)...\(range.upperBound)")
        }
        return value
    }

    /// A number, whole or not.
    package mutating func double(_ key: String, in range: ClosedRange<Double>) throws(JSONError) -> Double {
        try required(key, optionalDouble(key, in: range))
    }

    package mutating func optionalDouble(
        _ key: String, in range: ClosedRange<Double>
    ) throws(JSONError) -> Double? {
        guard let json = take(key) else { return nil }
        let value: Double
        switch json {
        case .integer(let whole): value = Double(whole)
        case .double(let double): value = double
        default: throw mismatch(key, "a number", json)
        }
        guard range.contains(value) else {
            throw fault(key, "not within \(range.lowerBound)...\(range.upperBound)")
        }
        return value
    }

    package mutating func bool(_ key: String) throws(JSONError) -> Bool {
        try required(key, optionalBool(key))
    }

    package mutating func optionalBool(_ key: String) throws(JSONError) -> Bool? {
        guard let json = take(key) else { return nil }
        guard case .bool(let value) = json else { throw mismatch(key, "a boolean", json) }
        return value
    }

    /// A 64-bit number spelt as a string of decimal digits, without leading zeros.
    package mutating func decimal(_ key: String) throws(JSONError) -> UInt64 {
        try required(key, optionalDecimal(key))
    }

    package mutating func optionalDecimal(_ key: String) throws(JSONError) -> UInt64? {
        guard let text = try optionalString(key, maxBytes: 20) else { return nil }
        guard let value = DecimalDigits.parse(text.utf8) else {
            throw fault(key, "not a string of decimal digits within 64 bits")
        }
        return value
    }

    /// A 64-bit number spelt as a string of 16 lower-case hexadecimal digits.
    package mutating func hex(_ key: String) throws(JSONError) -> UInt64 {
        try required(key, optionalHex(key))
    }

    package mutating func optionalHex(_ key: String) throws(JSONError) -> UInt64? {
        guard let text = try optionalString(key, maxBytes: 16) else { return nil }
        guard let value = Hex.decode(text.utf8) else {
            throw fault(key, "not a string of 16 lower-case hexadecimal digits")
        }
        return value
    }

    /// An array of at most `max` elements, whatever they are.
    package mutating func array(_ key: String, max: Int) throws(JSONError) -> [JSON] {
        try required(key, optionalArray(key, max: max))
    }

    package mutating func optionalArray(_ key: String, max: Int) throws(JSONError) -> [JSON]? {
        guard let json = take(key) else { return nil }
        guard case .array(let elements) = json else { throw mismatch(key, "an array", json) }
        guard elements.count <= max else { throw fault(key, "more than \(max) elements") }
        return elements
    }

    /// The fields of an object within this one; its own `finish` is the caller's to call.
    package mutating func object(_ key: String) throws(JSONError) -> JSONFields {
        try required(key, optionalObject(key))
    }

    package mutating func optionalObject(_ key: String) throws(JSONError) -> JSONFields? {
        guard let json = take(key) else { return nil }
        return try JSONFields(json, path: JSONError.join(path, key))
    }

    /// Any value, null included; nil only where the field is missing.
    package mutating func any(_ key: String) -> JSON? {
        guard let position = object.position(of: key) else { return nil }
        seen |= 1 << UInt64(position)
        return object.members[position].value
    }

    /// Whether the field is there, null included; does not count as asking for it.
    package func contains(_ key: String) -> Bool {
        object.position(of: key) != nil
    }

    /// Refuses the first field that was not asked for.
    package func finish() throws(JSONError) {
        for (position, member) in object.members.enumerated() where seen & 1 << UInt64(position) == 0 {
            throw fault(member.key, "unknown field")
        }
    }

    /// A fault of a field's meaning, for a caller that checks more than these forms do.
    package func fault(_ key: String, _ reason: String) -> JSONError {
        JSONError(path: JSONError.join(path, key), reason: reason)
    }

    private mutating func take(_ key: String) -> JSON? {
        let json = any(key)
        return json == .null ? nil : json
    }

    private func required<Value>(_ key: String, _ value: Value?) throws(JSONError) -> Value {
        guard let value else { throw fault(key, "missing") }
        return value
    }

    private func mismatch(_ key: String, _ expected: String, _ found: JSON) -> JSONError {
        fault(key, "expected \(expected), found \(found.kind)")
    }
}
