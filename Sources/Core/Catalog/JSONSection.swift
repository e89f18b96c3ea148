import Wire

/// Reads one JSON object of a catalog file and writes every fault down instead of stopping at the first.
///
/// Each getter returns nil after having reported why; `finish()` reports the keys that nobody asked for and
/// names those that are allowed.
struct JSONSection {
    let path: String
    let faults: FaultList
    private let object: JSONObject
    private var asked: [String] = []

    /// Nil, with a fault, when `json` is no object.
    init?(_ json: JSON, path: String, faults: FaultList) {
        guard case .object(let object) = json else {
            faults.add(path, "must be an object, not \(json.kind)")
            return nil
        }
        self.object = object
        self.path = path
        self.faults = faults
    }

    /// The path of a member of this object.
    func place(_ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    /// The member, or nil with a fault when it is missing.
    mutating func value(_ key: String) -> JSON? {
        ask(key)
        if let json = object[key] { return json }
        faults.add(place(key), "missing")
        return nil
    }

    mutating func optionalValue(_ key: String) -> JSON? {
        ask(key)
        return object[key]
    }

    private mutating func ask(_ key: String) {
        if !asked.contains(key) { asked.append(key) }
    }

    /// Whether the member is there; asks for nothing.
    func has(_ key: String) -> Bool { object[key] != nil }

    /// A text of 1...maxLength characters (code points, as a schema counts them), none of them a control
    /// character.
    mutating func text(_ key: String, maxLength: Int = CatalogLimits.textLength) -> String? {
        guard let json = value(key) else { return nil }
        guard case .string(let text) = json else {
            faults.add(place(key), "must be a string, not \(json.kind)")
            return nil
        }
        let length = text.unicodeScalars.count
        guard length > 0, length <= maxLength else {
            faults.add(place(key), "must be 1 to \(maxLength) characters long, not \(length)")
            return nil
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            faults.add(place(key), "must hold no control character")
            return nil
        }
        return text
    }

    /// An id: lower-case letters, digits and inner hyphens. It becomes part of Redis keys, topics and URLs.
    mutating func identifier(_ key: String) -> String? {
        guard let text = text(key, maxLength: CatalogLimits.identifierLength) else { return nil }
        guard Self.isIdentifier(text) else {
            faults.add(
                place(key), "must be lower-case letters, digits and inner hyphens, like \"spring-festival\"")
            return nil
        }
        return text
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let json = value(key) else { return nil }
        return Self.integer(json, in: range, at: place(key), faults)
    }

    mutating func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        integer(key, in: Int64(range.lowerBound)...Int64(range.upperBound)).map { Int($0) }
    }

    /// Nil, with a fault, when the number is not what it should be; `.some(.absent)` when it is not there.
    mutating func optionalInt(_ key: String, in range: ClosedRange<Int>) -> OptionalInt? {
        guard optionalValue(key) != nil else { return .absent }
        return int(key, in: range).map { .present($0) }
    }

    /// Any JSON number in the range.
    mutating func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let json = value(key) else { return nil }
        return Self.number(json, in: range, at: place(key), faults)
    }

    mutating func bool(_ key: String) -> Bool? {
        guard let json = value(key) else { return nil }
        guard case .bool(let flag) = json else {
            faults.add(place(key), "must be true or false, not \(json.kind)")
            return nil
        }
        return flag
    }

    /// Missing means `standard`; null is no boolean.
    mutating func optionalBool(_ key: String, or standard: Bool) -> Bool? {
        optionalValue(key) == nil ? standard : bool(key)
    }

    /// One of an enumeration's raw values.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of _: Choice.Type
    ) -> Choice? {
        guard let json = value(key) else { return nil }
        guard case .string(let text) = json, let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            faults.add(place(key), "must be one of \(allowed)")
            return nil
        }
        return choice
    }

    /// An RFC 3339 time, as Unix milliseconds.
    mutating func time(_ key: String) -> Int64? {
        guard let json = value(key) else { return nil }
        guard case .string(let text) = json, let ms = UTCTimestamp.parse(text) else {
            faults.add(place(key), "must be a time like \"2026-02-17T00:00:00Z\"")
            return nil
        }
        return ms
    }

    mutating func localized(_ key: String) -> LocalizedText? {
        guard var section = section(key) else { return nil }
        let en = section.text("en")
        let zh = section.text("zh")
        section.finish()
        guard let en, let zh else { return nil }
        return LocalizedText(en: en, zh: zh)
    }

    mutating func section(_ key: String) -> JSONSection? {
        guard let json = value(key) else { return nil }
        return JSONSection(json, path: place(key), faults: faults)
    }

    /// The elements of an array whose length is in `count`; nil, with a fault, otherwise.
    mutating func array(_ key: String, count: ClosedRange<Int>) -> [JSON]? {
        guard let json = value(key) else { return nil }
        guard case .array(let elements) = json else {
            faults.add(place(key), "must be an array, not \(json.kind)")
            return nil
        }
        guard count.contains(elements.count) else {
            faults.add(
                place(key),
                "must have \(count.lowerBound) to \(count.upperBound) elements, not \(elements.count)")
            return nil
        }
        return elements
    }

    /// The objects of an array, those that are objects; the others are reported.
    mutating func sections(_ key: String, count: ClosedRange<Int>) -> [JSONSection]? {
        guard let elements = array(key, count: count) else { return nil }
        let place = place(key)
        return elements.enumerated().compactMap { index, json in
            JSONSection(json, path: "\(place)[\(index)]", faults: faults)
        }
    }

    /// The keys that are there, for an object whose keys are names from elsewhere.
    var keys: [String] { object.keys }

    /// Reports every key that no getter asked for.
    func finish() {
        for key in object.keys where !asked.contains(key) {
            faults.add(place(key), "unknown key; allowed here: \(asked.joined(separator: ", "))")
        }
    }
}

extension JSONSection {
    static func integer(
        _ json: JSON, in range: ClosedRange<Int64>, at place: String, _ faults: FaultList
    ) -> Int64? {
        guard case .integer(let value) = json else {
            faults.add(place, "must be a whole number, not \(json.kind)")
            return nil
        }
        guard range.contains(value) else {
            faults.add(place, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
            return nil
        }
        return value
    }

    static func number(
        _ json: JSON, in range: ClosedRange<Double>, at place: String, _ faults: FaultList
    ) -> Double? {
        let value: Double
        switch json {
        case .integer(let whole): value = Double(whole)
        case .double(let real): value = real
        default:
            faults.add(place, "must be a number, not \(json.kind)")
            return nil
        }
        guard range.contains(value) else {
            faults.add(place, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
            return nil
        }
        return value
    }

    static func isIdentifier(_ text: String) -> Bool {
        let isEdge = { (byte: UInt8) in (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, isEdge(first), isEdge(last) else {
            return false
        }
        return text.utf8.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") }
    }
}

/// A number that may be left out of a file.
enum OptionalInt {
    case absent
    case present(Int)

    var value: Int? {
        if case .present(let number) = self { number } else { nil }
    }
}
