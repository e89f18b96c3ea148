import Catalog
import OrderStore
import Orders
import Pacing

@testable import Deliverer

/// How the simulated world carries out an engine's actions.
extension SimulatedWorld {
    mutating func perform(_ slot: Int) {
        while !deliverers[slot].engine.actions.isEmpty {
            let actions = deliverers[slot].engine.actions
            deliverers[slot].engine.actions.removeAll(keepingCapacity: true)
            for action in actions { perform(slot, action) }
        }
    }

    private mutating func perform(_ slot: Int, _ action: DeliveryAction) {
        note("\(slot) \(action)")
        switch action {
        case .begin(let ref, let entry):
            let game = UInt8(entry.order.gift)
            let owner = deliverers[slot].engine.owner
            let lifeMs = deliverers[slot].engine.attemptLifeMs(game: game)
            redis(slot, Int(entry.order.id.sequence)) {
                $0.begin(entry, owner: owner, lifeMs: lifeMs)
            } told: {
                $0.begun(ref, $1, $2)
            }
        case .settle(let ref, let entry):
            redis(slot, Int(entry.order.sequence)) {
                $0.settle(entry)
            } told: {
                $0.settled(ref, $1, $2)
            }
        case .send(let ref, let order, let game): send(slot, ref, order, game)
        case .ask(let ref, let order, let game): ask(slot, ref, order, game)
        case .record(let ref, let outcome, let dead):
            let number = Int(outcome.order.sequence)
            produce(slot, number) {
                $0.orders[number].outcomes.append(outcome.outcome)
                if dead != nil { $0.orders[number].deadLetters += 1 }
            } told: {
                $0.recorded(ref, isAcknowledged: $1, $2)
            }
        case .shelve(let ref, let order, let game, let tier):
            let partition =
                Int(game) * partitionsAGame + SimulatedCampaign.partitionsAGame + tier
            let value = OrderRecord.encode(order, catalog)
            produce(slot, Int(order.id.sequence)) {
                $0.append(value, of: Int(order.id.sequence), to: partition)
            } told: {
                $0.shelved(ref, isAcknowledged: $1, $2)
            }
        case .bury(let ref, _, let partition, _, _, _):
            reaches(slot, inMs: 3 + Double(partition)) {
                $0.deliverers[slot].engine.buried(ref, isKept: true)
            }
        case .grant(let partition, let count): grant(slot, partition, count)
        case .commit(let partition, let offset): commit(slot, partition, Int(offset))
        case .gamePaused(let game, _):
            // An operator looks at it and lets it go on.
            reaches(slot, inMs: 5_000) { $0.deliverers[slot].engine.paused(game, false) }
        }
    }
}
