import CampaignFiles
import Catalog
import Kafka
import OrderStore
import Orders
import Redis
import Telemetry

/// Reads a campaign in the direction of travel, every order by all of its sources, into a ``FactStore``.
///
/// **Where the cut is.** Claims, then outboxes, are read whole. Of Kafka the deliverers' marks are asked for,
/// then the ends of held, orders, retries, outcomes and dead, in that order; then all of it is read, up to
/// those ends. Topics only grow: where a topic was cut is decided by its end, not by when it is read, and
/// whatever had passed the marks has its outcome, or its next record, before the ends that were asked for
/// after them. So all partitions are read at once, by several clients.
enum Gathering {
    /// Claims of so many shards are asked for at the same time.
    private static let shardsAtOnce = 2

    /// - Parameters:
    ///   - isWhole: all topics must be there with all their partitions, and `.control` is read too.
    ///   - statements: what games themselves say, made before this; by the game's slot.
    static func read(
        _ stores: CampaignStores, isWhole: Bool = false,
        statements: [(game: UInt8, statement: GameStatement)] = []
    ) async throws -> Gathered {
        let store = stores.store
        var gathered = Gathered(
            atMs: SystemClock.nowMs,
            facts: FactStore(shards: store.keys.shards, directory: stores.settings.workPath))
        gathered.statements = try await stores.onDisk { [facts = gathered.facts] in
            try add(statements, to: facts)
        }
        gathered.foreignClaims = try await claims(stores, gathered.facts)
        try await outboxes(store, gathered.facts)
        DyingStep.reached("claims")
        try await QueueGathering.read(stores, isWhole: isWhole, &gathered)
        DyingStep.reached("topics")
        return gathered
    }

    /// Puts aside the orders that statements name; what is left of them, by the game's slot.
    private static func add(
        _ statements: [(game: UInt8, statement: GameStatement)], to facts: FactStore
    ) throws -> [UInt8: GameStatement] {
        var heads = Reconciliation()
        let pen = StatementPen(facts)
        for (game, statement) in statements {
            if let format = statement.format {
                try StatementFile.again(statement, format) { id throws(ReadStop) in try pen.add(id, game) }
            }
            for (id, times) in statement.granted {
                for _ in 0..<times { try pen.add(id, game) }
            }
            var head = statement
            head.granted = [:]
            heads.stated(game, head)
        }
        try pen.end()
        return heads.statements
    }

    /// Every claim, and how many there are of gifts or regions that this catalog does not have: they are of
    /// another campaign's making and can only be counted.
    private static func claims(_ stores: CampaignStores, _ facts: FactStore) async throws -> Int {
        let (store, catalog) = (stores.store, stores.catalog)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for first in 0..<min(shardsAtOnce, store.keys.shards) {
                group.addTask {
                    var writer = FactWriter(facts)
                    var foreign = 0
                    for shard in stride(from: first, to: store.keys.shards, by: shardsAtOnce) {
                        try await store.eachClaims(shard: UInt16(shard)) { orders throws(FileFault) in
                            for order in orders {
                                guard catalog.has(order) else {
                                    foreign += 1
                                    continue
                                }
                                try writer.add(.claimed(order))
                            }
                        }
                    }
                    try writer.end()
                    return foreign
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func outboxes(_ store: OrderStore, _ facts: FactStore) async throws {
        var writer = FactWriter(facts)
        for shard in 0..<UInt16(store.keys.shards) {
            for (id, acceptedAtMs) in try await store.outboxTimes(shard: shard) {
                try writer.add(.inOutbox(id, acceptedAtMs: acceptedAtMs))
            }
        }
        try writer.end()
    }
}

extension Catalog {
    /// The order's gift and region are of this catalog.
    func has(_ order: Order) -> Bool {
        guard gifts.indices.contains(Int(order.gift)) else { return false }
        return games[Int(gifts[Int(order.gift)].game)].regions.indices.contains(Int(order.region))
    }
}

/// Writes down what statements name; one thread's.
private final class StatementPen {
    private var writer: FactWriter

    init(_ facts: FactStore) { writer = FactWriter(facts) }

    func add(_ id: OrderID, _ game: UInt8) throws(ReadStop) {
        do throws(FileFault) {
            try writer.add(.stated(id, game: game))
        } catch {
            throw .output(error)
        }
    }

    func end() throws(FileFault) { try writer.end() }
}
