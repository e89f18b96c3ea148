import Catalog
import Orders

/// What the sources say, order by order, and the verdict over it. Knows nothing of Redis and Kafka: facts go
/// in, in any order but for outcomes of one order, and a ``Verdict`` comes out.
///
/// An order is named by its ID, so that a record which stands twice in a topic (a twin) counts once.
struct Reconciliation: Sendable {
    private(set) var facts = OrderTable<OrderFacts>()
    /// Of the claims.
    private(set) var highWater = HighWater()
    /// By the game's slot.
    private(set) var statements: [UInt8: GameStatement] = [:]
    /// IDs under which claim and record tell of different orders.
    private var twofold: [OrderID: Conflict] = [:]
    /// Numbers below the high water that no source names and no state tells of.
    private var burnt = 0
    /// Numbers below the high water whose orders turned out to be of after the cut.
    private var later = 0
    /// All numbers below the high water have been looked at.
    private var areNumbersRead = false
    /// These orders were set aside from others, which count the numbers.
    private var isAside = false

    init() {}

    /// - Parameter statements: what games say, without the orders that they name.
    init(_ statements: [UInt8: GameStatement]) { self.statements = statements }

    /// What a game itself says; several statements of one game add up.
    mutating func stated(_ game: UInt8, _ statement: GameStatement) {
        guard var known = statements[game] else { return statements[game] = statement }
        known.granted.merge(statement.granted, uniquingKeysWith: +)
        known.file += ", " + statement.file
        known.madeAtMs = min(known.madeAtMs, statement.madeAtMs)
        known.lines += statement.lines
        known.malformed += statement.malformed
        known.examples += statement.examples
        statements[game] = known
    }

    /// Anything that a source says.
    mutating func take(_ fact: Fact, _ catalog: Catalog) {
        func game(_ order: Order) -> UInt8 { catalog.gifts[Int(order.gift)].game }
        switch fact {
        case .claimed(let order): claimed(order, game: game(order))
        case .inOutbox(let id, _): stoodInOutbox(id)
        case .held(let order): stoodInHeld(order, game: game(order))
        case .queued(let order, let isLive): stoodInOrders(order, game: game(order), isLive: isLive)
        case .retried(let order, let isLive): stoodInRetries(order, game: game(order), isLive: isLive)
        case .outcome(let id, let outcome, let attempt, let game, let atMs):
            cameOut(id, outcome, attempt: attempt, game: game, atMs: atMs)
        case .dead(let order, let outcome, let atMs):
            cameOut(order.id, outcome, attempt: order.attempt, game: game(order), atMs: atMs)
        case .stated(let id, let game): statements[game]?.granted[id, default: 0] += 1
        }
    }

    /// A claim as Redis holds it: the order is due.
    mutating func claimed(_ order: Order, game: UInt8) {
        highWater.saw(order.id)
        isDue(order, game)
        facts[order.id]?.isClaimed = true
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
        guard order.isResend else { return }
        let known = facts[order.id]?.resentAttempts ?? 0
        facts[order.id]?.resentAttempts = max(known, order.attempt)
    }

    /// A record in `retries.<game>`.
    mutating func stoodInRetries(_ order: Order, game: UInt8, isLive: Bool) {
        isDue(order, game)
        facts[order.id]?.isRecorded = true
        if isLive { facts[order.id]?.isLiveInRetries = true }
    }

    /// An outcome, or how a dead record ended; those of one order in the order of their topic.
    ///
    /// - Parameter atMs: Unix milliseconds; 0 where nobody says.
    mutating func cameOut(
        _ id: OrderID, _ outcome: Outcome, attempt: UInt16, game: UInt8, atMs: Int64 = 0
    ) {
        var known = facts[id, default: OrderFacts()]
        if known.order == nil { known.game = game }
        known.take(outcome, attempt: attempt, atMs: atMs)
        facts[id] = known
    }

    /// Its record came after the end of what was read: an order of after the cut, no surprise and not
    /// counted.
    mutating func cameAfterCut(_ id: OrderID) {
        guard facts[id]?.isUnexpected == true else { return }
        facts[id] = nil
        if highWater.covers(id) { later += 1 }
    }

    /// The state in Redis, read last; `hasLapsed`: in flight beyond its deadline.
    mutating func stands(_ id: OrderID, _ state: OrderState, hasLapsed: Bool) {
        facts[id]?.state = state
        facts[id]?.hasLapsed = hasLapsed
    }

    /// Whether a number below the high water is to be looked up: no source has the order.
    func isUnnamed(_ id: OrderID) -> Bool {
        guard let known = facts[id] else { return true }
        return known.order == nil && !known.isInOutbox
    }

    /// The state of such a number.
    mutating func unnamed(_ id: OrderID, _ state: OrderState) {
        if state != .none {
            facts[id, default: OrderFacts()].state = state
        } else if facts[id] == nil {
            burnt += 1
        }
    }

    /// Every number below the high water has been told of: what they add up to counts from now on.
    mutating func numbersWereRead() { areNumbersRead = true }

    /// Orders that some source has: their states must be looked up.
    var due: [OrderID] { facts.ids { $0.order != nil } }

    /// Orders in flight of which no record would tell if their owner died: their attempts must be looked up.
    var inFlightAlone: [OrderID] { facts.ids { $0.order != nil && $0.state == .inFlight && !$0.isLive } }

    var unexpected: [OrderID] { facts.ids { $0.isUnexpected } }

    /// Orders about which Kafka and Redis seem to disagree: they may have moved on between the two readings,
    /// and must be looked at once more.
    var disputed: Set<OrderID> { Set(facts.ids { $0.dispute(settledMs: .max) != nil }) }

    /// Orders that count among the accepted.
    var dueCount: Int { facts.count { $0.isDue } }

    /// Moves everything that is known of some orders to where they wait for a second look.
    mutating func setAside(_ ids: some Sequence<OrderID>, in rest: inout Reconciliation) {
        rest.isAside = true
        rest.areNumbersRead = true
        for (game, head) in statements where rest.statements[game] == nil {
            rest.statements[game] = head
            rest.statements[game]?.granted = [:]
        }
        for id in ids {
            rest.facts[id] = facts[id]
            facts[id] = nil
            if highWater.covers(id) { rest.highWater.saw(highWater, id) }
            for game in statements.keys {
                rest.statements[game]?.granted[id] = statements[game]?.granted.removeValue(forKey: id)
            }
        }
    }

    /// Adds other orders that were set aside.
    mutating func add(_ other: Reconciliation) {
        isAside = isAside || other.isAside
        areNumbersRead = areNumbersRead || other.areNumbersRead
        other.facts.each { id, known in facts[id] = known }
        highWater.add(other.highWater)
        for (game, statement) in other.statements {
            if statements[game] == nil {
                statements[game] = statement
            } else {
                statements[game]?.granted.merge(statement.granted, uniquingKeysWith: +)
            }
        }
    }

    /// Counts every order that is due in exactly one class.
    ///
    /// - Parameters:
    ///   - atMs: the cut, Unix milliseconds: when the reading began.
    ///   - tooYoungMs: orders claimed within so long before the cut are too young rather than missing, and
    ///     the states of outcomes within so long before it may lag.
    ///   - each: is told of every order that is due and that some source has, with its class.
    func verdict(
        atMs: Int64, tooYoungMs: Int64, games: Int, each: (Order, OrderClass) -> Void = { _, _ in }
    ) -> Verdict {
        var verdict = Verdict(atMs: atMs, games: games)
        var places: [OrderID: OrderClass] = [:]
        facts.each { id, known in
            guard known.isDue else {
                if let outcome = known.outcome {
                    verdict.unexpected.append(.init(id: id, game: known.game, outcome: outcome))
                }
                return
            }
            let claimedAtMs = known.order?.claimedAtMs ?? 0
            let place = known.orderClass(isTooYoung: claimedAtMs > atMs - tooYoungMs)
            if !statements.isEmpty { places[id] = place }
            let game = known.order == nil && known.outcome == nil ? nil : known.game
            verdict.count(place, game: game)
            if place == .missing { miss(id, known, &verdict) }
            if let (kind, words) = known.dispute(settledMs: atMs - tooYoungMs) {
                verdict.conflicts.append(Conflict(id: id, game: known.game, kind: kind, words: words))
            }
            if let order = known.order {
                verdict.isOpen(order, place)
                each(order, place)
            }
        }
        verdict.conflicts += twofold.values
        compare(into: &verdict) { places[$0] }
        if areNumbersRead {
            verdict.numbers = isAside ? 0 : highWater.numbers
            verdict.burnt = burnt
            var named = later
            facts.each { id, _ in named += highWater.covers(id) ? 1 : 0 }
            verdict.named = named
        }
        verdict.sort()
        return verdict
    }

    private func miss(_ id: OrderID, _ known: OrderFacts, _ verdict: inout Verdict) {
        guard let order = known.order else {
            verdict.nameless.append(.init(id: id, state: known.state))
            return
        }
        var again = order
        again.attempt = max(order.attempt, known.attempt)
        let isGrantedThere = statements[known.game]?.granted[id] != nil
        verdict.missing.append(
            .init(
                order: again, game: known.game, reason: known.missingReason,
                asksFirst: known.mayHaveBeenTried || isGrantedThere))
    }

    private mutating func isDue(_ order: Order, _ game: UInt8) {
        var known = facts[order.id, default: OrderFacts()]
        if let first = known.order {
            if !first.isSameClaim(as: order), twofold[order.id] == nil {
                let source: FactSource = known.isClaimed ? .claims : .records
                twofold[order.id] = Conflict(
                    id: order.id, game: known.game, kind: .identity,
                    words: [
                        .init(source: source, says: first.claimText),
                        .init(source: .records, says: order.claimText),
                    ])
            }
        } else {
            known.order = order
            known.game = game
        }
        facts[order.id] = known
    }
}
