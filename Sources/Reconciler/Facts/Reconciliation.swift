import Orders

/// What the sources say, order by order, and the verdict over it. Knows nothing of Redis and Kafka: facts go
/// in, in any order but for outcomes of one order, and a ``Verdict`` comes out.
///
/// An order is named by its ID, so that a record which stands twice in a topic (a twin) counts once.
struct Reconciliation: Sendable {
    private(set) var facts: [OrderID: OrderFacts] = [:]

    /// A claim as Redis holds it: the order is due.
    mutating func claimed(_ order: Order, game: UInt8) {
        isDue(order, game)
    }

    /// It stood in the outbox when that was read, after the claims.
    mutating func stoodInOutbox(_ id: OrderID) {
        facts[id, default: OrderFacts()].isInOutbox = true
    }

    /// A record in `.held`.
    mutating func stoodInHeld(_ order: Order, game: UInt8) {
        isDue(order, game)
        facts[order.id]?.isHeld = true
    }

    /// A record in `orders.<game>`; live at or after the committed offset.
    mutating func stoodInOrders(_ order: Order, game: UInt8, isLive: Bool) {
        isDue(order, game)
        facts[order.id]?.isRecorded = true
        if isLive { facts[order.id]?.isLiveInOrders = true }
    }

    /// A record in `retries.<game>`.
    mutating func stoodInRetries(_ order: Order, game: UInt8, isLive: Bool) {
        isDue(order, game)
        facts[order.id]?.isRecorded = true
        if isLive { facts[order.id]?.isLiveInRetries = true }
    }

    /// An outcome, or how a dead record ended; those of one order in the order of their topic.
    mutating func cameOut(_ id: OrderID, _ outcome: Outcome, attempt: UInt16, game: UInt8) {
        var known = facts[id, default: OrderFacts()]
        if known.order == nil { known.game = game }
        known.take(outcome, attempt: attempt)
        facts[id] = known
    }

    /// Its record came after the end of what was read: an order of after the cut, no surprise and not
    /// counted.
    mutating func cameAfterCut(_ id: OrderID) {
        if facts[id]?.isUnexpected == true { facts[id] = nil }
    }

    /// The state in Redis, read last; `hasLapsed`: in flight beyond its deadline.
    mutating func stands(_ id: OrderID, _ state: OrderState, hasLapsed: Bool) {
        facts[id]?.state = state
        facts[id]?.hasLapsed = hasLapsed
    }

    /// Due orders of which the topics alone do not say that they were granted: their states must be looked
    /// up.
    var undelivered: [OrderID] {
        facts.filter { $0.value.order != nil && !$0.value.isGranted }.map(\.key)
    }

    /// Orders in flight of which no record would tell if their owner died: their attempts must be looked up.
    var inFlightAlone: [OrderID] {
        facts.filter { $0.value.order != nil && $0.value.state == .inFlight && !$0.value.isLive }.map(\.key)
    }

    var unexpected: [OrderID] {
        facts.filter { $0.value.isUnexpected }.map(\.key)
    }

    /// Counts every order that is due in exactly one class.
    ///
    /// - Parameters:
    ///   - atMs: the cut, Unix milliseconds: when the reading began.
    ///   - tooYoungMs: orders claimed within so long before the cut are too young rather than missing.
    func verdict(atMs: Int64, tooYoungMs: Int64, games: Int) -> Verdict {
        var verdict = Verdict(atMs: atMs, games: games)
        for (id, known) in facts {
            guard let order = known.order else {
                if let outcome = known.outcome {
                    verdict.unexpected.append(.init(id: id, game: known.game, outcome: outcome))
                }
                continue
            }
            let place = known.orderClass(isTooYoung: order.claimedAtMs > atMs - tooYoungMs)
            verdict.count(place, game: known.game)
            if place == .missing {
                var again = order
                again.attempt = max(order.attempt, known.attempt)
                verdict.missing.append(.init(order: again, game: known.game, reason: known.missingReason))
            }
        }
        verdict.missing.sort { $0.order.id < $1.order.id }
        verdict.unexpected.sort { $0.id < $1.id }
        return verdict
    }

    private mutating func isDue(_ order: Order, _ game: UInt8) {
        var known = facts[order.id, default: OrderFacts()]
        if known.order == nil {
            known.order = order
            known.game = game
        }
        facts[order.id] = known
    }
}
