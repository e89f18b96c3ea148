import Catalog
import Logging
import NIOCore
import Orders
import Pacing

extension DeliveryLoop {
    /// Puts limits and pauses in force, on the backlog too. On the loop.
    func adopt(_ acts: OperatorActs) {
        loop.assertInEventLoop()
        turn { engine, now in
            for game in engine.games {
                set(acts.limit(of: game), game, &engine, now)
                engine.paused(game.slot, acts.isPaused(game.id))
            }
            let total = acts.total(of: engine.catalog.campaign).rate
            guard let limit = try? PacingLimit(perSecond: total.perSecond, burst: total.burst) else { return }
            if engine.pacer.total != limit { engine.pacer.totalChanged(to: limit, nowNs: now.ns) }
        }
        openEngine()
    }

    private func set(_ limit: OperatorActs.Limit, _ game: Game, _ engine: inout DeliveryEngine, _ now: Moment)
    {
        do throws(PacingFault) {
            let new = DeliveryPacer.Game(
                limit: try PacingLimit(perSecond: limit.rate.perSecond, burst: limit.rate.burst),
                maxConcurrency: limit.maxConcurrency)
            try engine.limitChanged(game.slot, to: new, now)
        } catch {
            // Records are read within the pacer's ranges: this is a fault of ours, and the old limit stands.
            logger.critical("limit not taken", metadata: ["game": "\(game.id)", "why": "\(error)"])
        }
    }
}
