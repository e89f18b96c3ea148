import Orders
import Wire

@testable import Reconciler

/// What can go wrong with one order.
enum WorldFault: CaseIterable {
    case none
    /// Its records are gone or passed, and whoever had it in hand is gone.
    case recordDropped
    /// Its ends are not in the outcomes.
    case outcomeLost
    /// Redis has forgotten its state.
    case stateLost
    /// Redis has forgotten its claim.
    case claimLost
    /// Neither store holds it; its number and its state are all there is.
    case nobodyHoldsIt
    /// A record of it tells of another role.
    case twofold
    /// Its record stands in the topic twice.
    case twin
    /// The game says that it granted, and did not say so before.
    case lieGranted
    /// The game granted, and its statement does not say so.
    case lieNothing
    /// The game granted twice.
    case doubled
    /// Another game says that it granted it.
    case elsewhere
}

/// One order and what went wrong with it, with what a person who saw everything would say of it.
struct FaultyOrder {
    static let cutMs: Int64 = 10_000
    static let tooYoungMs: Int64 = 1_000
    static let statementMs: Int64 = 9_000

    var living: LivingOrder
    /// What really went wrong: a fault that does not fit the order is none.
    private(set) var fault: WorldFault
    let isYoung: Bool
    private(set) var isClaimed = true
    private(set) var stated = 0
    private let placeBefore: OrderClass?

    var id: OrderID { living.order.id }
    var timeMs: Int64 { isYoung ? 9_500 : 2_000 }

    private static func isGrant(_ outcome: Outcome) -> Bool { outcome.state == .delivered }

    private var isGranted: Bool { living.outcomes.contains { Self.isGrant($0.outcome) } }

    init(_ living: LivingOrder, _ wanted: WorldFault, isYoung: Bool, _ random: inout SplitMix64) {
        self.living = living
        self.isYoung = isYoung
        fault = wanted
        // What may have been granted and is missing must be asked for: some of these are lost as well.
        let isLost = wanted == .lieGranted || wanted == .stateLost ? random.next() % 2 == 0 : false
        if wanted == .recordDropped || isLost { self.living.lose(&random) }
        placeBefore = self.living.naiveClass
        stated = isGranted && !isYoung ? 1 : 0
        if !apply() { fault = .none }
    }

    /// False: it cannot befall this order.
    private mutating func apply() -> Bool {
        guard living.phase != .unclaimed else { return false }
        switch fault {
        case .none: break
        case .recordDropped: return living.phase == .lost
        case .outcomeLost:
            guard living.state == .delivered || living.state == .rejected else { return false }
            living.outcomes.removeAll { $0.outcome.state.isClosed }
        case .stateLost: living.state = .none
        case .claimLost, .twofold, .twin:
            guard !living.records.isEmpty else { return false }
            isClaimed = fault != .claimLost
            if fault == .twin { living.records += living.records }
        case .nobodyHoldsIt:
            living.records = []
            living.outcomes = []
            (living.isInOutbox, isClaimed) = (false, false)
            stated = 0
        case .lieGranted:
            guard !isGranted else { return false }
            stated = 1
        case .lieNothing:
            guard stated == 1 else { return false }
            stated = 0
        case .doubled:
            guard isGranted else { return false }
            stated = 2
        case .elsewhere: break
        }
        return true
    }

    // MARK: - What a person who saw everything would say

    /// Its class; nil: it was never due.
    var place: OrderClass? {
        let place: OrderClass?
        switch fault {
        case .nobodyHoldsIt:
            switch living.state {
            case .delivered: return .delivered
            case .rejected: return .rejected
            case .parked: return .parked
            case .inFlight: return .inFlight
            default: return .missing
            }
        case .stateLost: place = placeWithoutState
        default: place = placeBefore
        }
        return place == .missing && isYoung ? .tooYoung : place
    }

    /// What the records and the outcomes alone tell.
    private var placeWithoutState: OrderClass? {
        if isGranted { return .delivered }
        switch living.outcomes.last?.outcome {
        case .rejected: return .rejected
        case .parked: return .parked
        default: break
        }
        guard living.records.contains(where: { !$0.isPassed }) else {
            return living.isInOutbox ? .outbox : .missing
        }
        switch living.outcomes.last?.outcome {
        case .failed: return .retrying
        case .unknown: return .unknown
        default: return .queued
        }
    }

    var conflicts: Set<Conflict.Kind> {
        guard let place else { return [] }
        var kinds: Set<Conflict.Kind> = []
        // An end that only one of the stores knows, unless that may be a lag.
        let hasEnd = isGranted || living.outcomes.last?.outcome == .rejected
        if hasEnd, !isYoung, fault != .nobodyHoldsIt {
            if fault == .stateLost {
                kinds.insert(.stateLost)
            } else if !living.state.isClosed {
                kinds.insert(.endsDiffer)
            }
        }
        if fault == .outcomeLost { kinds.insert(.outcomeLost) }
        if fault == .twofold { kinds.insert(.identity) }
        if fault == .elsewhere { kinds.insert(.grantedElsewhere) }
        if fault == .lieNothing { kinds.insert(.notGrantedThere) }
        if fault == .lieGranted, place != .inFlight { kinds.insert(.grantedThere) }
        return kinds
    }

    var asksFirst: Bool { place == .missing && (living.state == .none || stated > 0) }
}

/// A campaign of two games at a standstill, its numbers dense but for some that were burnt, and strangers.
struct FaultyWorld {
    var orders: [FaultyOrder] = []
    /// Outcomes of IDs that were never given out.
    var strangers: [OrderID] = []
    /// The same, told by a game's statement only.
    var statedStrangers: [OrderID] = []
    private(set) var burnt = 0

    init(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var next: [UInt64: UInt32] = [:]
        for number in 0..<160 {
            let (lane, shard) = (UInt32(1 + number % 2), UInt16(random.next() % 4))
            let key = UInt64(lane) << 16 | UInt64(shard)
            let sequence = next[key] ?? 0
            // The last of each is whole, so that nothing stands above the high water.
            let skipped: UInt32 = number < 140 && random.next() % 10 == 0 ? 1 + UInt32(random.next() % 3) : 0
            burnt += Int(skipped)
            next[key] = sequence + skipped + 1
            let id = OrderID(lane: lane, shard: shard, sequence: sequence + skipped)
            let game = UInt8(random.next() % 2)
            let isYoung = random.next() % 4 == 0
            var order = ReconcilerFixture.order(id.rawValue, game: UInt16(game))
            order.claimedAtMs = isYoung ? 9_500 : 2_000
            var living = LivingOrder(order, game: game)
            for _ in 0..<1 + random.next() % 16 { living.step(&random) }
            let fault = WorldFault.allCases[Int(random.next() % UInt64(WorldFault.allCases.count))]
            orders.append(FaultyOrder(living, fault, isYoung: isYoung, &random))
        }
        for (key, sequence) in next.sorted(by: { $0.key < $1.key }) {
            let id = OrderID(lane: UInt32(key >> 16), shard: UInt16(key & 0xFFFF), sequence: sequence)
            var living = LivingOrder(ReconcilerFixture.order(id.rawValue), game: 0)
            living.step(&random)
            orders.append(FaultyOrder(living, .none, isYoung: false, &random))
        }
        for number in 0..<UInt32(random.next() % 4) {
            strangers.append(OrderID(lane: 77, shard: 1, sequence: number))
            statedStrangers.append(OrderID(lane: 78, shard: 1, sequence: number))
        }
        random.shuffle(&orders)
    }

    func read() async -> Reconciliation {
        var facts = Reconciliation()
        for one in orders where one.isClaimed && one.living.phase != .unclaimed {
            facts.claimed(one.living.order, game: one.living.game)
        }
        for one in orders where one.living.isInOutbox { facts.stoodInOutbox(one.id) }
        for isRetry in [false, true] { records(&facts, isRetry: isRetry) }
        for one in orders {
            for (outcome, attempt) in one.living.outcomes {
                facts.cameOut(one.id, outcome, attempt: attempt, game: one.living.game, atMs: one.timeMs)
            }
        }
        for id in strangers { facts.cameOut(id, .granted, attempt: 1, game: 0, atMs: 1_000) }
        let states = Dictionary(uniqueKeysWithValues: orders.map { ($0.id, $0.living) })
        for id in facts.due {
            guard let living = states[id] else { continue }
            facts.stands(
                id, living.state, hasLapsed: living.phase == .lost && living.state == .inFlight)
        }
        let marks = facts.highWater
        for (first, last) in marks.spans {
            for number in first.rawValue...last.rawValue {
                let id = OrderID(rawValue: number)
                guard facts.isUnnamed(id) else { continue }
                facts.unnamed(id, states[id]?.state ?? .none)
            }
        }
        facts.numbersWereRead()
        for game in [UInt8(0), 1] { facts.stated(game, statement(game)) }
        return facts
    }

    private func records(_ facts: inout Reconciliation, isRetry: Bool) {
        for one in orders {
            for record in one.living.records where record.isRetry == isRetry {
                var order = one.living.order
                if one.fault == .twofold { order.role += 1 }
                if isRetry {
                    facts.stoodInRetries(order, game: one.living.game, isLive: !record.isPassed)
                } else {
                    facts.stoodInOrders(order, game: one.living.game, isLive: !record.isPassed)
                }
            }
        }
    }

    private func statement(_ game: UInt8) -> GameStatement {
        var statement = GameStatement(file: "game-\(game)", madeAtMs: FaultyOrder.statementMs)
        for one in orders where one.living.game == game && one.stated > 0 {
            statement.granted[one.id] = one.stated
        }
        for one in orders where one.living.game != game && one.fault == .elsewhere {
            statement.granted[one.id] = 1
        }
        if game == 1 { for id in statedStrangers { statement.granted[id] = 1 } }
        return statement
    }
}

extension SplitMix64 {
    fileprivate mutating func shuffle(_ orders: inout [FaultyOrder]) {
        for last in stride(from: orders.count - 1, to: 0, by: -1) {
            let other: UInt64 = next() % UInt64(last + 1)
            orders.swapAt(last, Int(other))
        }
    }
}
