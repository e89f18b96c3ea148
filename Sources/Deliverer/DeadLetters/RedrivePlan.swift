import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Telemetry

/// What a redrive would send: chosen from `.dead` and from where the orders stand now.
///
/// Of an order whose latest letter is meant: rejected and expired ones are due; queued ones without a record
/// ahead of the deliverers were left by a redrive that was killed, and are due as well; all others are on
/// their way or have ended otherwise. Voided orders and poison records are never due.
struct RedrivePlan: Sendable {
    private static let statesAtOnce = 4_096

    let batch: RedriveBatch
    /// Orders that are due, by group, the largest first.
    let lines: [(group: LetterGroup, orders: Int)]
    /// Orders that are meant and not due, by where they stand.
    let passed: [OrderState: Int]
    /// Due beyond the limit, for a later batch.
    let beyond: Int
    let poison: Int
    let unreadable: Int

    /// - Parameter limit: orders at most; those whose letters stand first are taken.
    static func make(
        _ stores: DeskStores, _ filter: LetterFilter, limit: Int, nowMs: Int64
    ) async throws -> RedrivePlan {
        precondition((1...RedriveBatch.maxOrders).contains(limit))
        let (catalog, topic) = (stores.catalog, stores.topics.dead)
        var survey = try await stores.blocking { reader in
            var survey = LetterSurvey(catalog, filter, window: 0)
            try survey.read(reader, topic: topic)
            return survey
        }
        var choice = RedriveChoice(survey.groups, limit: limit)
        var waiting = [LetterIndex.Entry]()
        func look() async throws {
            let states = try await stores.store.standings(waiting.map(\.order))
            for (entry, state) in zip(waiting, states) { choice.take(entry, state) }
            waiting.removeAll(keepingCapacity: true)
        }
        try await survey.drain { meant in
            waiting += meant
            if waiting.count >= statesAtOnce { try await look() }
        }
        try await look()
        try await takeLeft(&choice, stores)
        let chosen = choice.finish()
        return RedrivePlan(
            batch: RedriveBatch(
                campaign: catalog.campaign.id, filter: filter.canonical, cut: survey.cut, atMs: nowMs,
                entries: chosen.map { entry in
                    RedriveEntry(
                        order: entry.order, offset: entry.offset, partition: UInt16(entry.partition),
                        attempt: entry.attempt, isLeftQueued: entry.isLeftQueued)
                }),
            lines: choice.lines, passed: choice.passed, beyond: choice.beyond, poison: survey.poison,
            unreadable: survey.unreadable)
    }

    /// Takes the queued orders that no record would bring to a deliverer.
    private static func takeLeft(_ choice: inout RedriveChoice, _ stores: DeskStores) async throws {
        let (orders, games, catalog) = (choice.queuedOrders, choice.queuedGames, stores.catalog)
        guard !orders.isEmpty else { return }
        let live = try await stores.blocking { reader in
            try LiveRecords.among(orders, games: games, catalog: catalog, reader: reader)
        }
        choice.takeQueued(live: live)
    }
}

/// Chooses orders for a batch, the ones whose letters stand first where there are too many. Pure.
struct RedriveChoice {
    private let groups: [LetterGroup]
    private let limit: Int
    private var chosen: [LetterIndex.Entry] = []
    /// They stand in `queued`: on their way, or left behind. Beyond the limit they are left to a later batch.
    private var queued: [LetterIndex.Entry] = []
    private(set) var passed: [OrderState: Int] = [:]
    private(set) var beyond = 0

    init(_ groups: [LetterGroup], limit: Int) {
        self.groups = groups
        self.limit = limit
    }

    mutating func take(_ entry: LetterIndex.Entry, _ state: OrderState) {
        let outcome = groups[Int(entry.group)].outcome
        guard outcome == .rejected || outcome == .expired else {
            passed[state, default: 0] += 1
            return
        }
        switch state {
        case .rejected, .expired:
            chosen.append(entry)
            if chosen.count > limit * 2 { beyond += Self.prune(&chosen, to: limit) }
        case .queued:
            queued.append(entry)
            // What is not looked at now stays queued for a later batch.
            if queued.count > limit * 2 { passed[.queued, default: 0] += Self.prune(&queued, to: limit) }
        default: passed[state, default: 0] += 1
        }
    }

    var queuedOrders: Set<OrderID> { Set(queued.map(\.order)) }
    var queuedGames: Set<UInt8> { Set(queued.map { groups[Int($0.group)].game }) }

    /// - Parameter live: those of `queuedOrders` that a record will bring to a deliverer.
    mutating func takeQueued(live: Set<OrderID>) {
        for var entry in queued {
            if live.contains(entry.order) {
                passed[.queued, default: 0] += 1
            } else {
                entry.isLeftQueued = true
                chosen.append(entry)
            }
        }
        queued = []
    }

    mutating func finish() -> [LetterIndex.Entry] {
        beyond += Self.prune(&chosen, to: limit)
        return chosen
    }

    var lines: [(group: LetterGroup, orders: Int)] {
        var counts = [Int](repeating: 0, count: groups.count)
        for entry in chosen { counts[Int(entry.group)] += 1 }
        return zip(groups, counts).filter { $1 > 0 }.map { (group: $0, orders: $1) }
            .sorted {
                $0.orders != $1.orders
                    ? $0.orders > $1.orders
                    : ($0.group.game, $0.group.reason, $0.group.status)
                        < ($1.group.game, $1.group.reason, $1.group.status)
            }
    }

    /// Keeps those whose letters stand first; returns how many were let go.
    private static func prune(_ entries: inout [LetterIndex.Entry], to limit: Int) -> Int {
        entries.sort { ($0.offset, $0.partition) < ($1.offset, $1.partition) }
        let over = max(0, entries.count - limit)
        entries.removeLast(over)
        return over
    }
}
