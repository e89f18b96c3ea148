/// Getters of single values. Without a default a key is required.
extension Settings {
    package func string(_ key: String, default fallback: String? = nil) throws(SettingsFault) -> String {
        guard let text = try optionalString(key) ?? fallback else { throw missing(key) }
        return text
    }

    package func optionalString(_ key: String) throws(SettingsFault) -> String? {
        try find(key)?.text
    }

    package func int(
        _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
    ) throws(SettingsFault) -> Int {
        let allowed = "a whole number, \(range.lowerBound)...\(range.upperBound)"
        return try value(key, fallback, allowed) { text in
            // YAML and shells write digits; `Int.init` alone would also take "+5".
            guard !text.hasPrefix("+"), let number = Int(text), range.contains(number) else { return nil }
            return number
        }
    }

    package func double(
        _ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil
    ) throws(SettingsFault) -> Double {
        try value(key, fallback, "a number, \(range.lowerBound)...\(range.upperBound)") { text in
            guard let number = Double(text), range.contains(number) else { return nil }
            return number
        }
    }

    package func bool(_ key: String, default fallback: Bool? = nil) throws(SettingsFault) -> Bool {
        try value(key, fallback, "true or false") { text in
            switch text.lowercased() {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }

    /// A duration as `250ms`, `5s`, `10m`, `48h`, `7d`; `us` too.
    package func duration(
        _ key: String, in range: ClosedRange<Duration>, default fallback: Duration? = nil
    ) throws(SettingsFault) -> Duration {
        let (least, most) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
        return try value(key, fallback, "a duration as 250ms, 5s or 48h, \(least)...\(most)") { text in
            guard let duration = DurationText.parse(text), range.contains(duration) else { return nil }
            return duration
        }
    }

    /// One of an enum's raw values.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice? = nil
    ) throws(SettingsFault) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(key, fallback, "one of \(names)") { Choice(rawValue: $0) }
    }

    /// A list of plain values; in the environment separated by commas.
    package func strings(_ key: String, default fallback: [String]? = nil) throws(SettingsFault) -> [String] {
        if case .list(let items) = store.values[prefix + key],
            store.environment[Self.variable(for: prefix + key), default: ""].isEmpty
        {
            note(key)
            return items
        }
        guard let found = try find(key) else {
            guard let fallback else { throw missing(key) }
            return fallback
        }
        guard found.isFromEnvironment else { throw fault(key, found.text, "must be a list", found.origin) }
        return found.text.split(separator: ",").map { item in
            String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func value<Value>(
        _ key: String, _ fallback: Value?, _ allowed: String, _ parse: (String) -> Value?
    ) throws(SettingsFault) -> Value {
        guard let found = try find(key) else {
            guard let fallback else { throw missing(key) }
            return fallback
        }
        guard let value = parse(found.text) else { throw fault(key, found.text, allowed, found.origin) }
        return value
    }
}
