import Catalog
import HTTPClient
import Orders
import Pacing

/// What an attempt's end means for its order, and for its game.
struct Verdict: Sendable, Equatable {
    var outcome: Outcome
    /// 0 where no answer came.
    var status: Int
    var reason: String
    /// The first bytes of the answer.
    var answer: String = ""
    var retryAfterMs: Int64?
    /// 410: the game wants nothing any more.
    var pausesGame = false
    /// What it means for the game's pace.
    var ending: FinishKind
}

/// Reads a game's answer as the delivery contract says: 2xx granted; 409 already granted; 408, 425, 429 and 5xx
/// again later; other 4xx rejected; 410 pauses the game and the order waits.
enum AnswerClassifier {
    static func classify(_ outcome: HTTPClientOutcome, idempotent: Bool) -> Verdict {
        switch outcome {
        case .neverLeft(let reason):
            return Verdict(outcome: .failed, status: 0, reason: "not sent: \(reason)")
        case .mayHaveLeft(let reason):
            return Verdict(outcome: .unknown, status: 0, reason: "no answer: \(reason)", timedOut: true)
        case .answered(let response):
            var verdict = classify(status: response.status, idempotent: idempotent)
            verdict.answer = String(decoding: response.body.prefix(512), as: UTF8.self)
            verdict.retryAfterMs = response.retryAfterS.map { $0 * 1000 }
            return verdict
        }
    }

    private static func classify(status: Int, idempotent: Bool) -> Verdict {
        func verdict(_ outcome: Outcome, _ reason: String) -> Verdict {
            Verdict(outcome: outcome, status: status, reason: reason)
        }
        switch status {
        case 200..<300: return verdict(.granted, "granted")
        case 409: return verdict(.alreadyGranted, "already granted")
        case 410:
            var gone = verdict(.failed, "the game is gone (410)")
            gone.pausesGame = true
            return gone
        case 425, 429, 503: return verdict(.throttled, "status \(status): later")
        // Where a repeat would grant again, an error after the fact must not be taken for "nothing happened".
        case 408, 500..<600:
            return verdict(idempotent ? .failed : .unknown, "status \(status)")
        case 400..<500: return verdict(.rejected, "status \(status)")
        // Redirects are not followed: a wrong setting on one side, which time and people mend.
        default: return verdict(.failed, "unexpected status \(status)")
        }
    }
}
