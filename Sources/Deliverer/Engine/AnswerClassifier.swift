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
}

/// Reads a game's answer as the delivery contract says: 2xx granted; 409 already granted; 408, 425, 429 and
/// 5xx again later; other 4xx rejected; 410 pauses the game and the order waits.
enum AnswerClassifier {
    static func classify(_ outcome: HTTPClientOutcome, idempotent: Bool) -> Verdict {
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
            var verdict = classify(status: response.status, idempotent: idempotent)
            verdict.answer = String(decoding: response.body.prefix(512), as: UTF8.self)
            verdict.retryAfterMs = response.retryAfterS.map { $0 * 1000 }
            if case .throttled = verdict.ending {
                verdict.ending = .throttled(
                    retryAfterNs: response.retryAfterS.map { UInt64(clamping: $0) * 1_000_000_000 })
            }
            return verdict
        }
    }

    /// What the query URL's answer says: 200 with `{"granted":true|false}`, nothing else.
    static func told(_ outcome: HTTPClientOutcome) -> Told {
        switch outcome {
        case .neverLeft(let failure): return .nothing(reason: failure.message, ending(failure, left: false))
        case .mayHaveLeft(let failure): return .nothing(reason: failure.message, ending(failure, left: true))
        case .answered(let response):
            if response.status == 200, !response.isTruncated,
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

    private static func classify(status: Int, idempotent: Bool) -> Verdict {
        func verdict(_ outcome: Outcome, _ reason: String, _ ending: FinishKind) -> Verdict {
            Verdict(outcome: outcome, status: status, reason: reason, ending: ending)
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
            return verdict(idempotent ? .failed : .unknown, "status \(status)", ending)
        case 400..<500: return verdict(.rejected, "status \(status)", .succeeded)
        // Redirects are not followed: a wrong setting on one side, which time and people mend.
        default: return verdict(.failed, "unexpected status \(status)", .failed)
        }
    }
}
