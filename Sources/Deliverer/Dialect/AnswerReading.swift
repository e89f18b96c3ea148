import Catalog
import HTTPClient
import Wire

/// What a game's rules make of one answer. Reads the body once, and only where a rule looks into it.
struct AnswerReading {
    enum Result<Meaning: Sendable & Equatable>: Equatable {
        case means(Meaning)
        /// A rule looks into answers of this status; this one holds such a field, with a value of no rule.
        case otherValue
        /// A rule looks into answers of this status, and there was nothing that it could read.
        case unreadable
        /// No rule looks into answers of this status.
        case untouched
    }

    static func result<Meaning>(
        _ response: HTTPClientResponse, _ rules: [AnswerRule<Meaning>]
    ) -> Result<Meaning> {
        var json: JSON?
        var isRead = false
        var isLookedInto = false
        var hasField = false
        for rule in rules where rule.match.covers(response.status) {
            guard let field = rule.match.field else { return .means(rule.means) }
            isLookedInto = true
            if !isRead {
                isRead = true
                json = response.isTruncated ? nil : try? JSON.parse(response.body, limits: .record)
            }
            guard let value = json.flatMap({ field.value(in: $0) }) else { continue }
            hasField = true
            if rule.match.names(value) { return .means(rule.means) }
        }
        return !isLookedInto ? .untouched : hasField ? .otherValue : .unreadable
    }
}
