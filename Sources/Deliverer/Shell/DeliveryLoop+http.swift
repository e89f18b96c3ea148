import HTTPClient
import Histogram
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
                if asking.remove(completion.token) != nil {
                    engine.told(ref, AnswerClassifier.told(completion.outcome), now)
                } else {
                    engine.answered(ref, completion.outcome, now)
                }
            }
        }
    }
}
