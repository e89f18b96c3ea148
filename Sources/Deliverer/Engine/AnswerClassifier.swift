import Catalog
import HTTPClient
import Orders
import Pacing
import Wire

/// What an attempt's end means for its order, and for its game's pace.
struct Verdict: Sendable, Equatable {
    var outcome: Outcome
    /// 0 where no answer came.
    var status: Int
    var reason: String
    /// What it means for the game's pace.
    var ending: FinishKind
    /// The first bytes of the answer.
    var answer: String = ""
    var retryAfterMs: Int64?
    /// 410: the game wants nothing any more.
    var pausesGame = false
    /// Failed only as far as an idempotent game is concerned: it may have granted and then erred. Sent again
    /// while there is time; it never expires.
    var mayHaveGranted = false
}

/// Reads a game's answer as the delivery contract says: 2xx granted; 409 already granted; 408, 425, 429 and
/// 5xx again later; other 4xx rejected; 410 pauses the game and the order waits.
///
/// With the rules of a game's dialect: those first, then its lists of codes, then what of the contract needs
/// no list (408, 410, 425, 429, 5xx). What nobody understood is unknown, never rejected and never failed.
enum AnswerClassifier {
    static func classify(
        _ outcome: HTTPClientOutcome, idempotent: Bool, rules: AnswerRules? = nil
    ) -> Verdict {
        switch outcome {
        case .neverLeft(let failure):
            return Verdict(
                outcome: .failed, status: 0, reason: "not sent: \(failure.message)",
                ending: ending(failure, left: false))
        case .mayHaveLeft(let failure):
            return Verdict(
                outcome: .unknown, status: 0, reason: "no answer: \(failure.message)",
                ending: ending(failure, left: true))
        case .answered(let response):
            var verdict =
                rules.map { classify(response, $0, idempotent: idempotent) }
                ?? classify(status: response.status, idempotent: idempotent)
            // Only what did not succeed is shown to people.
            if verdict.outcome != .granted, verdict.outcome != .alreadyGranted {
                verdict.answer = String(decoding: response.body.prefix(512), as: UTF8.self)
            }
            verdict.retryAfterMs = response.retryAfterS.map { $0 * 1000 }
            if case .throttled = verdict.ending {
                verdict.ending = .throttled(
                    retryAfterNs: response.retryAfterS.map { UInt64(clamping: $0) * 1_000_000_000 })
            }
            return verdict
        }
    }

    /// What the query URL's answer says: 200 with `{"granted":true|false}`, or what the dialect's rules make
    /// of it; nothing else.
    static func told(_ outcome: HTTPClientOutcome, query: QueryDialect? = nil) -> Told {
        switch outcome {
        case .neverLeft(let failure): return .nothing(reason: failure.message, ending(failure, left: false))
        case .mayHaveLeft(let failure): return .nothing(reason: failure.message, ending(failure, left: true))
        case .answered(let response):
            if let query {
                if case .means(let meaning) = AnswerReading.result(response, query.rules) {
                    return meaning == .granted ? .granted : .notGranted
                }
            } else if response.status == 200, !response.isTruncated,
                case .object(let object)? = try? JSON.parse(response.body, limits: .record),
                case .bool(let granted)? = object["granted"]
            {
                return granted ? .granted : .notGranted
            }
            let pause = response.retryAfterS.map { UInt64(clamping: $0) * 1_000_000_000 }
            let ending: FinishKind =
                [429, 503].contains(response.status) ? .throttled(retryAfterNs: pause) : .failed
            return .nothing(reason: "status \(response.status) is no answer to the query", ending)
        }
    }

    private static func ending(_ failure: HTTPClientFailure, left: Bool) -> FinishKind {
        switch failure.kind {
        case .overloaded, .closed, .invalid: left ? .lost : .withdrawn
        case .timedOut: left ? .timedOut : .neverLeft
        default: left ? .lost : .neverLeft
        }
    }

    private static func classify(
        _ response: HTTPClientResponse, _ rules: AnswerRules, idempotent: Bool
    ) -> Verdict {
        let status = response.status
        func unknown(_ why: String) -> Verdict {
            Verdict(outcome: .unknown, status: status, reason: "status \(status): \(why)", ending: .failed)
        }
        switch AnswerReading.result(response, rules.rules) {
        case .means(let meaning): return verdict(meaning, status, "by a rule of its dialect")
        case .otherValue: return verdict(rules.otherwise, status, "a value that no rule names")
        case .unreadable where !isContract(status): return unknown("nothing in it that a rule can read")
        case .unreadable: return classify(status: status, idempotent: idempotent)
        case .untouched: break
        }
        if rules.success?.contains(status) == true { return verdict(.granted, status, "granted") }
        if rules.alreadyGranted?.contains(status) == true {
            return verdict(.alreadyGranted, status, "already granted")
        }
        if isContract(status) { return classify(status: status, idempotent: idempotent) }
        guard rules.rules.isEmpty else { return unknown("no rule is about it") }
        switch status {
        case 200..<300 where rules.success == nil: return classify(status: status, idempotent: idempotent)
        case 409 where rules.alreadyGranted != nil:
            return Verdict(outcome: .rejected, status: status, reason: "status 409", ending: .succeeded)
        case 400..<500: return classify(status: status, idempotent: idempotent)
        default: return unknown("no list names it")
        }
    }

    /// What means the same for every game, unless a rule or a list says otherwise.
    private static func isContract(_ status: Int) -> Bool {
        switch status {
        case 408, 410, 425, 429, 500..<600: true
        default: false
        }
    }

    private static func verdict(_ meaning: AnswerRules.Meaning, _ status: Int, _ why: String) -> Verdict {
        let (outcome, ending): (Outcome, FinishKind) =
            switch meaning {
            case .granted: (.granted, .succeeded)
            case .alreadyGranted: (.alreadyGranted, .succeeded)
            case .rejected: (.rejected, .succeeded)
            case .throttled: (.throttled, .throttled(retryAfterNs: nil))
            case .failed: (.failed, .failed)
            case .unknown: (.unknown, .failed)
            }
        return Verdict(outcome: outcome, status: status, reason: "status \(status): \(why)", ending: ending)
    }

    private static func classify(status: Int, idempotent: Bool) -> Verdict {
        func verdict(_ outcome: Outcome, _ reason: String, _ ending: FinishKind) -> Verdict {
            Verdict(outcome: outcome, status: status, reason: reason, ending: ending)
        }
        func doubtful(_ reason: String, _ ending: FinishKind) -> Verdict {
            var doubt = verdict(idempotent ? .failed : .unknown, reason, ending)
            doubt.mayHaveGranted = idempotent
            return doubt
        }
        switch status {
        case 200..<300: return verdict(.granted, "granted", .succeeded)
        case 409: return verdict(.alreadyGranted, "already granted", .succeeded)
        case 410:
            var gone = verdict(.failed, "the game is gone (410)", .failed)
            gone.pausesGame = true
            return gone
        case 425, 429: return verdict(.throttled, "status \(status): later", .throttled(retryAfterNs: nil))
        // Where a repeat would grant again, an error after the fact must not be taken for "nothing happened".
        case 408, 500..<600:
            let ending: FinishKind = status == 503 ? .throttled(retryAfterNs: nil) : .failed
            return doubtful("status \(status)", ending)
        case 400..<500: return verdict(.rejected, "status \(status)", .succeeded)
        // Redirects are not followed: a wrong setting on one side, which time and people mend. Some answer a
        // request with one that they have acted on.
        default: return doubtful("unexpected status \(status)", .failed)
        }
    }
}
