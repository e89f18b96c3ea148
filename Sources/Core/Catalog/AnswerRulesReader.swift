import Wire

/// Reads what a game's answers mean: the lists of codes and the rules.
struct AnswerRulesReader {
    let faults: FaultList

    func answers(_ dialect: inout JSONSection) -> AnswerRules? {
        let success = statuses("success", &dialect, isList: true)
        let already = statuses("alreadyGranted", &dialect, isList: true)
        if let success, let already, success.overlaps(already) {
            faults.add(dialect.place("alreadyGranted"), "names a code that success names too")
        }
        var rules: [AnswerRule<AnswerRules.Meaning>] = []
        if dialect.optionalValue("rules") != nil {
            guard let read = self.rules("rules", &dialect, meanings: AnswerRules.Meaning.self) else {
                _ = dialect.optionalValue("otherwise")
                return nil
            }
            rules = read
        }
        var otherwise = AnswerRules.Meaning.unknown
        if dialect.optionalValue("otherwise") != nil {
            guard let given = dialect.choice("otherwise", of: AnswerRules.Meaning.self) else { return nil }
            if given == .granted || given == .alreadyGranted {
                faults.add(dialect.place("otherwise"), "nothing is granted unless an answer says so")
            }
            if !rules.contains(where: { $0.match.field != nil }) {
                faults.add(dialect.place("otherwise"), "is of rules with a field, and there are none")
            }
            otherwise = given
        }
        return AnswerRules(success: success, alreadyGranted: already, rules: rules, otherwise: otherwise)
    }

    /// nil, with faults, where one of them will not do.
    func rules<Meaning: RawRepresentable<String> & CaseIterable & Sendable & Equatable>(
        _ key: String, _ section: inout JSONSection, meanings: Meaning.Type
    ) -> [AnswerRule<Meaning>]? {
        guard let entries = section.sections(key, count: 1...CatalogLimits.dialectRules) else { return nil }
        var rules: [AnswerRule<Meaning>] = []
        for var entry in entries {
            let match = match(&entry)
            let means = entry.choice("means", of: meanings)
            entry.finish()
            if let match, let means { rules.append(AnswerRule(match, means: means)) }
        }
        return rules.count == entries.count ? rules : nil
    }

    private func match(_ entry: inout JSONSection) -> AnswerMatch? {
        let statuses = statuses("status", &entry, isList: false)
        let isRead = statuses != nil || !entry.has("status")
        guard entry.optionalValue("field") != nil else {
            if entry.optionalValue("equals") != nil { faults.add(entry.place("equals"), "is of no field") }
            if !entry.has("status") { faults.add(entry.path, "must look at a status or a field") }
            return isRead ? AnswerMatch(statuses: statuses) : nil
        }
        let text = entry.text("field", maxLength: CatalogLimits.dialectValue)
        let equals = scalars("equals", &entry)
        guard let text, let equals, isRead else { return nil }
        guard let field = FieldPath(text) else {
            faults.add(
                entry.place("field"), "must be a path like data.ret, or a JSON pointer like /data/ret")
            return nil
        }
        return AnswerMatch(statuses: statuses, field: field, equals: equals)
    }

    /// One scalar or a list of them.
    private func scalars(_ key: String, _ entry: inout JSONSection) -> [JSON]? {
        guard let value = entry.value(key) else { return nil }
        let values: [JSON]
        if case .array(let elements) = value { values = elements } else { values = [value] }
        guard (1...CatalogLimits.dialectRules).contains(values.count) else {
            faults.add(entry.place(key), "must be 1 to \(CatalogLimits.dialectRules) values")
            return nil
        }
        for value in values {
            switch value {
            case .array, .object:
                faults.add(entry.place(key), "must be a string, a number, true, false or null, or some")
                return nil
            default: break
            }
        }
        return values
    }

    /// Codes (200) and ranges ("200-299"), one or a list; nil where there are none, or with a fault.
    ///
    /// - Parameter isList: of `success` and `alreadyGranted`, which must be lists, and which leave alone what
    ///   has a meaning of its own.
    private func statuses(_ key: String, _ section: inout JSONSection, isList: Bool) -> StatusSet? {
        guard let value = section.optionalValue(key) else { return nil }
        let place = section.place(key)
        var items = [value]
        if case .array(let elements) = value {
            items = elements
        } else if isList {
            faults.add(place, "must be an array, not \(value.kind)")
            return nil
        }
        guard (1...StatusSet.maxRanges).contains(items.count) else {
            faults.add(place, "must have 1 to \(StatusSet.maxRanges) elements, not \(items.count)")
            return nil
        }
        let allowed = isList ? 200...499 : StatusSet.all
        var ranges: [ClosedRange<Int>] = []
        for item in items {
            guard let range = Self.range(item),
                allowed.contains(range.lowerBound), allowed.contains(range.upperBound)
            else {
                faults.add(
                    place,
                    "must be status codes like 200 or \"200-299\", of \(allowed.lowerBound) to "
                        + "\(allowed.upperBound)")
                return nil
            }
            ranges.append(range)
        }
        let set = StatusSet(ranges)
        if isList, let own = [408, 410, 425, 429].first(where: set.contains) {
            faults.add(place, "\(own) has a meaning of its own")
            return nil
        }
        return set
    }

    private static func range(_ json: JSON) -> ClosedRange<Int>? {
        switch json {
        case .integer(let code): return Int(exactly: code).map { $0...$0 }
        case .string(let text):
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let low = DecimalDigits.parse(ends[0].utf8),
                let high = DecimalDigits.parse(ends[1].utf8), low <= high, high < 1000
            else { return nil }
            return Int(low)...Int(high)
        default: return nil
        }
    }
}
