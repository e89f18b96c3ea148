import Catalog
import Kafka
import OrderStore
import Orders
import Telemetry

/// One reading of everything, judged: what became of every order, what the sources were, and how far each was
/// read.
struct Cut: Sendable {
    /// When the reading began, Unix milliseconds.
    let atMs: Int64
    var verdict: Verdict
    var tally: CampaignTally
    /// Claims in Redis that name what the catalog does not have; not judged.
    var foreignClaims = 0
    /// By topic, then partition.
    var sources: [SourceReading] = []
    /// What games themselves say, without the orders that they name. By the game's slot.
    var statements: [UInt8: GameStatement] = [:]
    /// Of that, until all sources but the states were read.
    var readMs: Int64 = 0
    var durationMs: Int64 = 0

    /// Orders that are looked at once more; where more seem to need it, the rest is judged by the first look.
    static let maxLookedAgain = 1 << 20

    /// Shards whose orders are in memory at a time.
    private static let shardsAtOnce = 2

    /// Reads a campaign in the direction of travel and judges it, shard by shard: only the orders of two
    /// shards are in memory at a time, and those that are looked at once more.
    ///
    /// - Parameters:
    ///   - statements: what games themselves say, made before this reading; by the game's slot.
    ///   - tooYoungMs: see ``Reconciliation/verdict(atMs:tooYoungMs:games:each:)``.
    /// - Throws: ``ReconcilerFault/broken`` when the classes do not add up, with the sum that does not.
    static func read(
        _ stores: CampaignStores, statements: [(game: UInt8, statement: GameStatement)] = [],
        tooYoungMs: Int64
    ) async throws -> Cut {
        let beganNs = SystemClock.nowNs
        let gathered = try await Gathering.read(stores, statements: statements)
        let readNs = SystemClock.nowNs
        var judge = CutJudge(stores.catalog, atMs: gathered.atMs, tooYoungMs: tooYoungMs)
        try await withThrowingTaskGroup(of: JudgedShard.self) { group in
            let room = judge.room
            for place in 0...gathered.facts.shards {
                if place >= shardsAtOnce, let shard = try await group.next() { try judge.take(shard) }
                group.addTask { [judge] in
                    var facts = try await facts(of: place, gathered, stores)
                    return judge.judge(&facts, most: room / (gathered.facts.shards + 1))
                }
            }
            for try await shard in group { try judge.take(shard) }
        }
        DyingStep.reached("states")
        var aside = judge.aside
        try await lookAgain(&aside, gathered.sources, StateReading(store: stores.store), stores)
        DyingStep.reached("looked_again")
        var cut = try judge.end(aside)
        cut.foreignClaims = gathered.foreignClaims
        cut.statements = gathered.statements
        for (game, orders) in judge.stated { cut.statements[game]?.orders = orders }
        cut.sources = gathered.sources.values.sorted {
            ($0.partition.topic, $0.partition.partition) < ($1.partition.topic, $1.partition.partition)
        }
        cut.readMs = Int64((readNs - beganNs) / 1_000_000)
        cut.durationMs = Int64((SystemClock.nowNs - beganNs) / 1_000_000)
        return cut
    }

    /// Everything about the orders of one shard.
    private static func facts(
        of place: Int, _ gathered: Gathered, _ stores: CampaignStores
    ) async throws -> Reconciliation {
        var facts = try await stores.onDisk {
            var facts = Reconciliation(gathered.statements)
            // How an order ended is told by the outcomes first, and by a dead letter after them.
            var dead = [Fact]()
            try gathered.facts.each(place) { fact in
                if case .dead = fact { dead.append(fact) } else { facts.take(fact, stores.catalog) }
            }
            for fact in dead { facts.take(fact, stores.catalog) }
            return facts
        }
        try await StateReading(store: stores.store).states(&facts)
        return facts
    }

    /// Looks once more at what seems unexpected or told in two ways: states first, then what came into the
    /// topics meanwhile, so that a state that was ahead of its outcome meets it.
    private static func lookAgain(
        _ facts: inout Reconciliation, _ sources: [TopicPartition: SourceReading], _ redis: StateReading,
        _ stores: CampaignStores
    ) async throws {
        let disputed = facts.disputed
        guard !disputed.isEmpty || !facts.unexpected.isEmpty else { return }
        try await redis.states(of: disputed, &facts)
        let (half, catalog) = (facts, stores.catalog)
        facts = try await stores.blocking { options, logger in
            var reading = TailReading(
                half, sources: sources, reader: try KafkaReader(options: options, logger: logger),
                catalog: catalog)
            try reading.readOn(disputed)
            return reading.facts
        }
    }
}
