import Catalog
import HTTPClient
import Histogram
import Logging
import Orders

extension DeliveryLoop {
    /// libcurl's results, in batches.
    func completed(_ completions: [HTTPClientCompletion]) {
        turn { engine, now in
            for completion in completions {
                let ref = ParcelRef(token: completion.token)
                if let game = engine.parcels[ref]?.game, case .answered = completion.outcome {
                    latencies[Int(game)].record(min(completion.elapsedUs, 599_999_999))
                }
                if let game = engine.parcels[ref]?.game, case .neverLeft(let why) = completion.outcome {
                    unreachable(Int(game), why, now)
                }
                let sent = sentUnder.isEmpty ? nil : sentUnder.removeValue(forKey: completion.token)
                if asking.remove(completion.token) != nil {
                    let game = sent ?? engine.parcels[ref].map { engine.catalog.games[Int($0.game)] }
                    let told = AnswerClassifier.told(completion.outcome, query: game?.dialect?.query)
                    engine.told(ref, told, now)
                } else {
                    engine.answered(ref, completion.outcome, under: sent, now)
                }
            }
        }
    }

    /// A game that cannot be reached for what its file says (an address that is not allowed, a name without
    /// one, a certificate) is told of once a minute: no retry mends that.
    private func unreachable(_ game: Int, _ why: HTTPClientFailure, _ now: Moment) {
        switch why.kind {
        case .refused, .unresolved, .tls, .invalid: break
        default: return
        }
        guard now.ns >= nextComplaintNs[game] else { return }
        nextComplaintNs[game] = now.ns + 60_000_000_000
        logger.error(
            "nothing can be sent to a game",
            metadata: ["game": "\(request.catalog.games[game].id)", "why": "\(why.message)"])
    }
}
