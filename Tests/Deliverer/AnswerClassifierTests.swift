import HTTPClient
import Orders
import Pacing
import Testing

@testable import Deliverer

@Suite("A game's answers")
struct AnswerClassifierTests {
    private func answered(_ status: Int, retryAfterS: Int64? = nil, body: String = "") -> HTTPClientOutcome {
        .answered(
            HTTPClientResponse(
                status: status, retryAfterS: retryAfterS, body: Array(body.utf8), isTruncated: false))
    }

    @Test(
        "every status is one outcome, as the contract says",
        arguments: [
            (200, Outcome.granted), (204, .granted), (409, .alreadyGranted), (400, .rejected),
            (401, .rejected),
            (404, .rejected), (408, .failed), (425, .throttled), (429, .throttled), (500, .failed),
            (503, .failed),
            (410, .failed), (301, .failed),
        ])
    func statuses(_ pair: (Int, Outcome)) {
        let verdict = AnswerClassifier.classify(answered(pair.0), idempotent: true)
        #expect(verdict.outcome == pair.1)
        #expect(verdict.pausesGame == (pair.0 == 410))
    }

    @Test("promise 4: for a game that grants again on a repeat, an error after the request is unknown")
    func notIdempotent() {
        for status in [408, 500, 502, 503] {
            #expect(AnswerClassifier.classify(answered(status), idempotent: false).outcome == .unknown)
        }
    }

    @Test("promise 4: what may have left is unknown, what never left failed")
    func left() {
        let failure = HTTPClientFailure(kind: .timedOut, code: 28, message: "late")
        #expect(AnswerClassifier.classify(.mayHaveLeft(failure), idempotent: true).outcome == .unknown)
        #expect(AnswerClassifier.classify(.neverLeft(failure), idempotent: true).outcome == .failed)
    }

    @Test("Retry-After is passed on in full, to the order and to the game's pace")
    func retryAfter() {
        let verdict = AnswerClassifier.classify(answered(429, retryAfterS: 3_600), idempotent: true)
        #expect(verdict.retryAfterMs == 3_600_000)
        #expect(verdict.ending == .throttled(retryAfterNs: 3_600_000_000_000))
    }

    @Test("the query's answer is believed only when it is one")
    func told() {
        #expect(AnswerClassifier.told(answered(200, body: #"{"granted":true}"#)) == .granted)
        #expect(AnswerClassifier.told(answered(200, body: #"{"granted":false}"#)) == .notGranted)
        for odd in [
            answered(404), answered(200, body: "{}"), answered(200, body: #"{"granted":"no"}"#),
            answered(500),
        ] {
            guard case .nothing = AnswerClassifier.told(odd) else {
                Issue.record("\(odd) was believed")
                return
            }
        }
    }
}
