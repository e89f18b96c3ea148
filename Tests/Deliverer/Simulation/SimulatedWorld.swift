import Catalog
import OrderStore
import Orders
import Pacing
import Wire

@testable import Deliverer

/// Everything around a few deliverers, simulated under one seed: Redis (by the machine's own table), Kafka
/// with its group and its committed offsets, the games, and time. Nothing here waits; time jumps from event
/// to event. What must never happen is looked for at every step and kept in `violations`.
struct SimulatedWorld {
    static let startMs: Int64 = 1_790_000_000_000
    static let startNs: UInt64 = 1_000_000_000_000
    /// A world that goes on for longer does not end.
    static let mostSteps = 1_000_000
    static let mostMs = 6 * 3_600_000.0
    /// After so long without a sign of life the group goes on without a member.
    static let sessionMs = 6_000.0

    /// One order: where it stands in Redis, and what is true of it in the world.
    struct Entry {
        let game: UInt8
        var state = OrderState.queued
        var made: UInt16 = 0
        var owner: UInt64 = 0
        var deadlineMs: Int64 = 0
        /// The game judges the order, and however often it is sent judges it so.
        var isRefused = false
        var grants = 0
        var outcomes: [Outcome] = []
        var deadLetters = 0
        /// Its records at or after the committed offset of their partition.
        var carried = 0
        /// A request may have left and nobody knows what came of it.
        var isOpenQuestion = false
        /// Requests that have left and that the game has not read.
        var unread = 0
        var lastRequest = 0
        var endedNs: UInt64 = 0
    }

    struct Deliverer {
        var engine: DeliveryEngine
        /// Its own, for what happens between it, the group and the board.
        var dice: SplitMix64
        var life = 0
        var isAlive = true
        var isFrozen = false
        var isCut = false
        var held: [(inout SimulatedWorld) -> Void] = []
        var plannedNs = UInt64.max
        /// The group's generation that it knows of, and its partitions there.
        var epoch = 0
        var assigned: [Int] = []
    }

    /// One partition, by the engine's number for it.
    struct Partition {
        let topic: String
        let number: Int32
        var records: [(order: Int, value: [UInt8])] = []
        var committed = 0
        var read = 0
        var credits = 0
        var owner: Int?
    }

    let seed: UInt64
    let plan: SimulatedPlan
    var nowNs = SimulatedWorld.startNs
    var events = EventHeap()
    var random: SplitMix64
    /// One an order, so that what happens to one changes nothing for the others.
    var dice: [SplitMix64] = []
    var deliverers: [Deliverer] = []
    var members: [Int] = []
    var epoch = 0
    var partitions: [Partition] = []
    var orders: [Entry] = []
    var ledger = Array(repeating: 0, count: OrderState.allCases.count)
    /// Records not passed by a commit, and orders that have not ended.
    var lag = 0
    var open = 0
    /// What each game read within the last second, and all games.
    var windows: [ReadWindow]
    /// The board in Redis by instance, and as it was a while ago.
    var board: [UInt64: LendEntry] = [:]
    var boardBefore: [UInt64: LendEntry] = [:]
    /// Requests whose end no deliverer has heard of yet.
    var pending: Set<Int> = []
    var requests = 0
    var violations: [String] = []
    /// What happened, in words, where somebody wants to read it.
    var story: [String]?
    /// Whether a game that drops the connection has granted before.
    var grantsWhileDropping = true

    let catalog: Catalog

    init(seed: UInt64, plan: SimulatedPlan) {
        self.seed = seed
        self.plan = plan
        catalog = plan.isNarrow ? SimulatedCampaign.narrow : SimulatedCampaign.wide
        random = SplitMix64(seed: seed)
        let games = catalog.games.count
        windows = Array(repeating: ReadWindow(), count: games + 1)
        let topics = Topics(campaign: catalog.campaign.id)
        for game in catalog.games {
            for number in 0..<SimulatedCampaign.partitionsAGame {
                partitions.append(Partition(topic: topics.orders(game: game.id), number: Int32(number)))
            }
            for tier in catalog.campaign.storage.retryTiersMs.indices {
                partitions.append(Partition(topic: topics.retries(game: game.id), number: Int32(tier)))
            }
        }
        for slot in 0..<plan.deliverers {
            let dice = SplitMix64(seed: seed &* 17 &+ UInt64(slot) &* 7_368_787)
            deliverers.append(Deliverer(engine: newEngine(), dice: dice))
            if !plan.joins.contains(where: { $0.deliverer == slot }) { members.append(slot) }
        }
    }

    // MARK: - Time and chance

    var sinceMs: Double { Double(nowNs - Self.startNs) / 1e6 }
    var nowMs: Int64 { Self.startMs + Int64((nowNs - Self.startNs) / 1_000_000) }
    var moment: Moment { Moment(ns: nowNs, ms: nowMs) }

    mutating func chance(_ order: Int, _ p: Double) -> Bool { share(order) < p }

    /// Uniform in 0 ..< 1, from the order's own dice.
    mutating func share(_ order: Int) -> Double { Self.share(&dice[order]) }

    static func share(_ dice: inout SplitMix64) -> Double {
        Double(dice.next() >> 11) / Double(1 << 53)
    }

    /// Keeps a line of the story.
    mutating func note(_ what: @autoclosure () -> String) {
        guard story != nil else { return }
        let line = "\(Int(sinceMs)) ms: \(what())"
        story?.append(line)
    }

    func after(_ ms: Double) -> UInt64 { nowNs + UInt64(max(0, ms) * 1e6) }

    mutating func happens(inMs ms: Double, _ act: @escaping (inout SimulatedWorld) -> Void) {
        events.plan(atNs: after(ms), .happens(act))
    }

    /// Something reaches a deliverer as it lives now.
    mutating func reaches(
        _ slot: Int, inMs ms: Double, _ act: @escaping (inout SimulatedWorld) -> Void
    ) {
        events.plan(atNs: after(ms), .reaches(slot, life: deliverers[slot].life, act))
    }

    // MARK: - Orders

    mutating func queue(_ order: Order, game: UInt8, partition: Int) {
        orders.append(Entry(game: game))
        dice.append(SplitMix64(seed: seed &* 31 &+ UInt64(orders.count) &* 1_000_003))
        orders[orders.count - 1].isRefused = chance(orders.count - 1, plan.refusals)
        ledger[Int(OrderState.queued.rawValue)] += 1
        open += 1
        append(OrderRecord.encode(order, catalog), of: orders.count - 1, to: partition)
    }

    /// The plan's orders, in the topics of all games.
    mutating func queueAll() {
        for game in catalog.games {
            let base = Int(game.slot) * partitionsAGame
            for number in 0..<plan.orders {
                let isHurried = random.next() % plan.hurriedOneIn == 0
                let order = SimulatedCampaign.order(
                    orders.count, game: game.slot, deadlineMs: isHurried ? 4_500 : plan.deadlineMs,
                    isResend: random.next() % plan.resendOneIn == 0)
                queue(
                    order, game: game.slot, partition: base + number % SimulatedCampaign.partitionsAGame)
            }
        }
    }

    var partitionsAGame: Int {
        SimulatedCampaign.partitionsAGame + catalog.campaign.storage.retryTiersMs.count
    }

    /// Changes an order's state, in Redis and in the books.
    mutating func move(_ number: Int, to next: OrderState) {
        let before = orders[number].state
        guard before != next else { return }
        ledger[Int(before.rawValue)] -= 1
        ledger[Int(next.rawValue)] += 1
        orders[number].state = next
        note("order \(number) \(before) → \(next)")
        let (wasOver, isOver) = (before.isClosed || before == .parked, next.isClosed || next == .parked)
        if wasOver != isOver { open += isOver ? -1 : 1 }
        if isOver { orders[number].endedNs = nowNs }
        checkState(number, before)
    }
}
