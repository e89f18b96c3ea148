import Wire

/// As much of JSON Schema 2020-12 as StaticData/schema uses; a keyword it does not know traps, so that a
/// schema cannot say what no test looks at.
struct MiniSchema {
    private static let annotations: Set<String> = ["$schema", "$defs", "title", "description", "format"]

    let root: JSON

    /// Where `json` breaks the schema; empty = valid.
    func faults(_ json: JSON) -> [String] {
        faults(json, root, "$")
    }

    private func faults(_ json: JSON, _ schema: JSON, _ path: String) -> [String] {
        guard case .object(let rules) = schema else { return schema == .bool(true) ? [] : [path] }
        return rules.members.flatMap { rule in
            Self.annotations.contains(rule.key) ? [] : faults(json, rule.key, rule.value, rules, path)
        }
    }

    private func faults(
        _ json: JSON, _ keyword: String, _ value: JSON, _ rules: JSONObject, _ path: String
    ) -> [String] {
        switch (keyword, value, json) {
        case ("$ref", .string(let reference), _):
            let name = reference.split(separator: "/").last.map(String.init)!
            return faults(json, root["$defs.\(name)"]!, path)
        case ("type", .string(let type), _): return Self.isOf(json, type) ? [] : [path]
        case ("enum", .array(let allowed), _): return allowed.contains(json) ? [] : [path]
        case ("anyOf", .array(let choices), _):
            return choices.contains { faults(json, $0, path).isEmpty } ? [] : [path]
        case ("required", .array(let keys), .object(let object)):
            return keys.compactMap { key in
                guard case .string(let key) = key, object[key] == nil else { return nil }
                return "\(path).\(key)"
            }
        case ("properties", .object(let properties), .object(let object)):
            return object.members.flatMap { member in
                properties[member.key].map { faults(member.value, $0, "\(path).\(member.key)") } ?? []
            }
        case ("additionalProperties", .bool(false), .object(let object)):
            guard case .object(let properties) = rules["properties"] else { return [] }
            return object.keys.filter { properties[$0] == nil }.map { "\(path).\($0)" }
        case ("additionalProperties", .object, .object(let object)):
            let named: JSONObject? = if case .object(let all) = rules["properties"] { all } else { nil }
            return object.members.filter { named?[$0.key] == nil }.flatMap { member in
                faults(member.value, value, "\(path).\(member.key)")
            }
        case ("minProperties", .integer(let least), .object(let object)):
            return object.members.count >= least ? [] : [path]
        case ("maxProperties", .integer(let most), .object(let object)):
            return object.members.count <= most ? [] : [path]
        case ("items", _, .array(let elements)):
            return elements.enumerated().flatMap { faults($1, value, "\(path)[\($0)]") }
        case ("minItems", .integer(let least), .array(let elements)):
            return elements.count >= least ? [] : [path]
        case ("maxItems", .integer(let most), .array(let elements)):
            return elements.count <= most ? [] : [path]
        case ("minLength", .integer(let least), .string(let text)):
            return text.unicodeScalars.count >= least ? [] : [path]
        case ("maxLength", .integer(let most), .string(let text)):
            return text.unicodeScalars.count <= most ? [] : [path]
        case ("pattern", .string(let pattern), .string(let text)):
            return try! Regex(pattern).firstMatch(in: text) != nil ? [] : [path]
        case ("minimum", let bound, _):
            return Self.number(json).map { $0 >= Self.number(bound)! } ?? true ? [] : [path]
        case ("maximum", let bound, _):
            return Self.number(json).map { $0 <= Self.number(bound)! } ?? true ? [] : [path]
        case ("required", _, _), ("properties", _, _), ("additionalProperties", _, _), ("items", _, _),
            ("minItems", _, _), ("maxItems", _, _), ("minLength", _, _), ("maxLength", _, _),
            ("pattern", _, _), ("minProperties", _, _), ("maxProperties", _, _):
            return []
        default: fatalError("keyword \(keyword) is not known here")
        }
    }

    private static func isOf(_ json: JSON, _ type: String) -> Bool {
        switch (json, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"),
            (.double, "number"),
            (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    private static func number(_ json: JSON) -> Double? {
        switch json {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
