import Wire

/// What a game's answers mean where they are not the standard contract's.
///
/// The rules go first, in their order, and decide alone about every status that one of them looks into; then
/// the lists; then the contract's 408, 410, 425, 429 and 5xx. What is left was understood by nobody.
package struct AnswerRules: Sendable, Equatable {
    package enum Meaning: String, CaseIterable, Sendable {
        case granted
        case alreadyGranted = "already_granted"
        case rejected
        case throttled
        /// Surely nothing was granted, and a repeat may do.
        case failed
        case unknown
    }

    /// nil: 200 to 299 where there are no rules, else none.
    package let success: StatusSet?
    /// nil: 409 where there are no rules, else none.
    package let alreadyGranted: StatusSet?
    package let rules: [AnswerRule<Meaning>]
    /// Of an answer that holds a field which a rule looks at, with a value that none names. An answer without
    /// is unknown, whatever stands here.
    package let otherwise: Meaning

    package init(
        success: StatusSet? = nil, alreadyGranted: StatusSet? = nil, rules: [AnswerRule<Meaning>] = [],
        otherwise: Meaning = .unknown
    ) {
        self.success = success
        self.alreadyGranted = alreadyGranted
        self.rules = rules
        self.otherwise = otherwise
    }

    /// Whether some answer's body has to be read.
    package var readsBodies: Bool { rules.contains { $0.match.field != nil } }
}

/// One rule: what it matches, and what that means.
package struct AnswerRule<Meaning: Sendable & Equatable>: Sendable, Equatable {
    package let match: AnswerMatch
    package let means: Meaning

    package init(_ match: AnswerMatch, means: Meaning) {
        self.match = match
        self.means = means
    }
}

/// A status, or a value in a JSON body, or both.
package struct AnswerMatch: Sendable, Equatable {
    /// nil = any.
    package let statuses: StatusSet?
    /// nil = the body is not looked at.
    package let field: FieldPath?
    /// Any of them; scalars.
    package let equals: [JSON]

    package init(statuses: StatusSet? = nil, field: FieldPath? = nil, equals: [JSON] = []) {
        self.statuses = statuses
        self.field = field
        self.equals = equals
    }

    package func covers(_ status: Int) -> Bool { statuses?.contains(status) ?? true }

    /// Whether one of the values is this one: of the same kind, numbers by their value.
    package func names(_ value: JSON) -> Bool {
        equals.contains { wanted in
            switch (wanted, value) {
            case (.integer(let a), .double(let b)), (.double(let b), .integer(let a)): Double(a) == b
            default: wanted == value
            }
        }
    }
}

/// Status codes, as a few ranges.
package struct StatusSet: Sendable, Equatable {
    package static let maxRanges = 16
    package static let all = 100...599

    package let ranges: [ClosedRange<Int>]

    package init(_ ranges: [ClosedRange<Int>]) {
        self.ranges = ranges
    }

    package func contains(_ status: Int) -> Bool {
        for range in ranges where range.contains(status) { return true }
        return false
    }

    func overlaps(_ other: StatusSet) -> Bool {
        ranges.contains { range in other.ranges.contains { $0.overlaps(range) } }
    }
}

/// Where a value stands in a JSON answer: `data.ret`, or as a JSON pointer (RFC 6901) `/data/0/ret`.
package struct FieldPath: Sendable, Equatable {
    package static let maxSteps = 8

    package let steps: [String]

    /// nil where the text is no path: empty steps, more than eight of them, or a `~` that RFC 6901 does not
    /// have.
    package init?(_ text: String) {
        let isPointer = text.hasPrefix("/")
        let parts = (isPointer ? text.dropFirst() : text[...]).split(
            separator: isPointer ? "/" : ".", omittingEmptySubsequences: false)
        guard (1...Self.maxSteps).contains(parts.count) else { return nil }
        var steps: [String] = []
        for part in parts {
            guard !part.isEmpty else { return nil }
            guard isPointer else {
                steps.append(String(part))
                continue
            }
            guard let step = Self.unescaped(part) else { return nil }
            steps.append(step)
        }
        self.steps = steps
    }

    /// The value there; nil where there is none. A step of digits also counts an array's elements from 0.
    package func value(in json: JSON) -> JSON? {
        var json = json
        for step in steps {
            switch json {
            case .object(let object):
                guard let member = object[step] else { return nil }
                json = member
            case .array(let elements):
                guard let index = DecimalDigits.parse(step.utf8), index < UInt64(elements.count) else {
                    return nil
                }
                json = elements[Int(index)]
            default: return nil
            }
        }
        return json
    }

    private static func unescaped(_ part: Substring) -> String? {
        var step = ""
        var rest = part
        while let character = rest.popFirst() {
            guard character == "~" else {
                step.append(character)
                continue
            }
            switch rest.popFirst() {
            case "0": step.append("~")
            case "1": step.append("/")
            default: return nil
            }
        }
        return step
    }
}
