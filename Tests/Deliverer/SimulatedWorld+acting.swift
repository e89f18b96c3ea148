import Catalog
import HTTPClient
import OrderStore
import Orders
import Pacing
import Redis
import Wire

@testable import Deliverer

/// How the simulated world carries out the engine's actions.
extension SimulatedWorld {
    mutating func perform() {
        while !engine.actions.isEmpty {
            let actions = engine.actions
            engine.actions.removeAll()
            for action in actions { perform(action) }
        }
    }

    private mutating func later(_ ms: Double, _ tell: @escaping (inout DeliveryEngine, Moment) -> Void) {
        schedule(inMs: ms, .toEngine(generation: generation, tell))
    }

    private mutating func perform(_ action: DeliveryAction) {
        switch action {
        case .begin(let ref, let entry):
            let decision = begin(entry)
            if chance(faults.redisLosses) {
                later(250) { $0.begun(ref, .failure(RedisFailure(kind: .unknown, message: "lost")), $1) }
            } else {
                later(1) { $0.begun(ref, .success(decision), $1) }
            }
        case .settle(let ref, let entry):
            let decision = settle(entry)
            if chance(faults.redisLosses) {
                later(250) { $0.settled(ref, .failure(RedisFailure(kind: .unknown, message: "lost")), $1) }
            } else {
                later(1) { $0.settled(ref, .success(decision), $1) }
            }
        case .send(let ref, let order, let slot): send(ref, order, Self.catalog.games[Int(slot)])
        case .ask(let ref, let order, let slot):
            arrive(slot)
            let told: Told = (grants[order] ?? 0) > 0 ? .granted : .notGranted
            if chance(faults.timeouts) {
                later(1_500) { $0.told(ref, .nothing(reason: "late", .timedOut), $1) }
            } else {
                later(5) { $0.told(ref, told, $1) }
            }
        case .record(let ref, let outcome, let dead):
            let isLost = chance(faults.kafkaFailures)
            if !isLost || chance(0.5) {
                outcomes[outcome.order, default: []].append(outcome.outcome)
                if dead != nil { self.dead[outcome.order, default: 0] += 1 }
            }
            later(3) { $0.recorded(ref, isAcknowledged: !isLost, $1) }
        case .shelve(let ref, let order, let slot, let tier):
            let name = Topics(campaign: Self.catalog.campaign.id).retries(
                game: Self.catalog.games[Int(slot)].id)
            let partition = topics.firstIndex { $0.topic == name && $0.number == Int32(tier) }!
            append(partition, order)
            shelved.insert(order.id)
            feed(partition)
            later(3) { $0.shelved(ref, isAcknowledged: true, $1) }
        case .bury(let ref, _, _, _, _, _): later(3) { engine, _ in engine.buried(ref, isKept: true) }
        case .grant(let partition, let count):
            credits[partition, default: 0] += count
            feed(partition)
        case .commit(let partition, let offset): commit(partition, offset)
        case .gamePaused: break
        }
    }

    /// Brings records against credits.
    private mutating func feed(_ partition: Int) {
        while (credits[partition] ?? 0) > 0, read[partition] < logs[partition].count {
            credits[partition]! -= 1
            let offset = read[partition]
            let value = logs[partition][offset]
            read[partition] += 1
            later(1) { $0.received(partition: partition, offset: Int64(offset), value: value, $1) }
        }
    }

    /// Promise 3: everything before a committed offset has ended, or lives on in another record.
    private mutating func commit(_ partition: Int, _ offset: Int64) {
        for at in committed[partition]..<Int(offset) {
            let id = orderOf[partition][at]
            let state = store[id]!.state
            let livesOn = shelved.contains(id) || state == .parked || isCarriedElsewhere(id, partition, at)
            if !state.isClosed && !livesOn { violations.append("commit past \(id) in \(state)") }
        }
        committed[partition] = max(committed[partition], Int(offset))
    }

    private func isCarriedElsewhere(_ id: OrderID, _ partition: Int, _ at: Int) -> Bool {
        for (number, ids) in orderOf.enumerated() {
            for (offset, other) in ids.enumerated() where other == id && (number, offset) != (partition, at) {
                if offset >= committed[number] { return true }
            }
        }
        return false
    }

    private mutating func arrive(_ slot: UInt8) { arrivals[slot, default: []].append(nowNs) }

    private mutating func send(_ ref: ParcelRef, _ order: Order, _ game: Game) {
        arrive(game.slot)
        let life = Double(game.requestTimeoutMs)
        func answer(_ status: Int, _ ms: Double) {
            let response = HTTPClientResponse(status: status, retryAfterS: nil, body: [], isTruncated: false)
            later(ms) { $0.answered(ref, .answered(response), $1) }
        }
        func silence(_ kind: HTTPClientFailure.Kind, _ ms: Double) {
            let failure = HTTPClientFailure(kind: kind, code: 0, message: "\(kind)")
            later(ms) { $0.answered(ref, .mayHaveLeft(failure), $1) }
        }
        let before = grants[order.id] ?? 0
        let latency = 5 + Double(random.next() % 20)
        if chance(faults.errors) { return answer(500, latency) }
        if chance(faults.timeouts) {
            if chance(0.5) { grant(order.id, game, before) }
            return silence(.timedOut, life)
        }
        grant(order.id, game, before)
        if chance(faults.drops) { return silence(.broken, latency) }
        answer(before > 0 && game.idempotent ? 409 : 200, latency)
    }

    private mutating func grant(_ id: OrderID, _ game: Game, _ before: Int) {
        if before > 0 && game.idempotent { return }
        grants[id] = before + 1
        if before > 0 { violations.append("\(id) granted twice by \(game.id)") }
    }

    // MARK: - Redis, by the machine's own table

    private mutating func begin(_ entry: AttemptEntry) -> AttemptDecision {
        let id = entry.order.id
        var stored = store[id]!
        defer { store[id] = stored }
        if stored.state.isClosed { return .closed(stored.state) }
        if stored.state == .held || stored.state == .parked { return .withAPerson(stored.state) }
        let life = engine.attemptLifeMs(game: Self.catalog.gifts[Int(entry.order.gift)].game)
        if stored.state == .inFlight {
            if stored.owner == engine.owner, stored.made == entry.attempt {
                stored.deadlineMs = nowMs + life
                return .go
            }
            if stored.deadlineMs > nowMs { return .busy(remainingMs: stored.deadlineMs - nowMs) }
            stored.state = .unknown
            return .unknown(attempts: stored.made)
        }
        if stored.state == .unknown, !entry.resendsUnknown { return .unknown(attempts: stored.made) }
        guard entry.attempt == stored.made + 1 else { return .madeBefore(attempts: stored.made) }
        stored.state = .inFlight
        stored.made = entry.attempt
        stored.owner = engine.owner
        stored.deadlineMs = nowMs + life
        return .go
    }

    private mutating func settle(_ entry: SettleEntry) -> SettleDecision {
        var stored = store[entry.order]!
        let stale = stored.state == .inFlight && stored.made != entry.attempt
        guard let next = stored.state.after(entry.event), !stale || entry.event == .granted else {
            return SettleDecision(applied: false, state: stored.state)
        }
        stored.state = next
        stored.made = max(stored.made, entry.attempt)
        store[entry.order] = stored
        return SettleDecision(applied: true, state: next)
    }
}
