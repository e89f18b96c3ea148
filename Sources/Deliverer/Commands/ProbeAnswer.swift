import Catalog
import HTTPClient
import Orders

/// What came back for a probe, and what the Deliverer would make of it.
struct ProbeAnswer {
    /// Bytes of an answer that are shown.
    static let shownBytes = 256

    let text: String
    let exitCode: Int32

    /// - Parameter elapsedUs: from the start of the request to its end, microseconds.
    init(_ game: Game, _ outcome: HTTPClientOutcome, elapsedUs: UInt64, isQuery: Bool) {
        let (meaning, code) = isQuery ? Self.told(game, outcome) : Self.verdict(game, outcome)
        let lines = Self.answer(outcome, elapsedUs) + ["means    \(meaning)"]
        text = lines.joined(separator: "\n")
        exitCode = code
    }

    private static func answer(_ outcome: HTTPClientOutcome, _ elapsedUs: UInt64) -> [String] {
        let elapsed = Numbers.span(seconds: Double(elapsedUs) / 1_000_000)
        switch outcome {
        case .neverLeft(let failure): return ["answer   none; nothing was sent: \(failure.message)"]
        case .mayHaveLeft(let failure): return ["answer   none after \(elapsed): \(failure.message)"]
        case .answered(let response):
            let size = "\(response.body.count)\(response.isTruncated ? " bytes and more" : " bytes")"
            var lines = ["answer   \(response.status) after \(elapsed), \(size)"]
            if let seconds = response.retryAfterS { lines.append("         retry-after: \(seconds) s") }
            let start = response.body.prefix(shownBytes)
            if !start.isEmpty {
                // What a stranger sends does not get at the terminal.
                let text = String(decoding: start, as: UTF8.self).unicodeScalars.map { scalar in
                    scalar.value < 32 || (127...159).contains(scalar.value) ? " " : String(scalar)
                }.joined()
                lines.append("         " + text)
            }
            return lines
        }
    }

    private static func verdict(_ game: Game, _ outcome: HTTPClientOutcome) -> (String, Int32) {
        let verdict = AnswerClassifier.classify(
            outcome, idempotent: game.idempotent, rules: game.dialect?.answers)
        let again =
            verdict.retryAfterMs.map { "sent again after \(Numbers.span(seconds: Double($0) / 1000))" }
            ?? "sent again by the Deliverer's own schedule"
        let pause = verdict.pausesGame ? "; the game is paused" : ""
        switch verdict.outcome {
        case .granted: return ("delivered (\(verdict.reason))", 0)
        case .alreadyGranted: return ("delivered, and had been before (\(verdict.reason))", 0)
        case .rejected:
            return ("rejected for good, a dead letter (\(verdict.reason))", CommandFault.refused)
        case .throttled: return ("not now, \(again) (\(verdict.reason))", CommandFault.again)
        case .failed:
            return ("not granted, \(again) (\(verdict.reason))\(pause)", code(outcome))
        case .unknown, .parked, .expired, .voided:
            return ("unknown: \(afterUnknown(game)) (\(verdict.reason))", CommandFault.again)
        }
    }

    private static func afterUnknown(_ game: Game) -> String {
        if game.queryEndpoint != nil { return "the game is asked at its query URL" }
        return game.idempotent ? "sent again under the same ID" : "parked for a person"
    }

    private static func told(_ game: Game, _ outcome: HTTPClientOutcome) -> (String, Int32) {
        switch AnswerClassifier.told(outcome, query: game.dialect?.query) {
        case .granted: return ("the game has granted it", 0)
        case .notGranted: return ("the game has not granted it", 0)
        case .nothing(let reason, _):
            return ("nothing, the game is asked again (\(reason))", code(outcome))
        }
    }

    private static func code(_ outcome: HTTPClientOutcome) -> Int32 {
        if case .neverLeft = outcome { return CommandFault.unavailable }
        return CommandFault.again
    }
}
