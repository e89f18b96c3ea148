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
    var durationMs: Int64 = 0

    /// Orders that are looked at once more; where more seem to need it, the rest is judged by the first look.
    static let maxLookedAgain = 1 << 20

    /// Reads a campaign in the direction of travel and judges it, shard by shard: only one shard's orders are
    /// in memory at a time, and those that are looked at once more.
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
        var judge = CutJudge(stores.catalog, atMs: gathered.atMs, tooYoungMs: tooYoungMs)
        let redis = StateReading(store: stores.store)
        var aside = Reconciliation()
        for place in 0...gathered.facts.shards {
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
            try await redis.states(&facts)
            judge.setAside(&facts, in: &aside)
            try judge.take(facts)
        }
        DyingStep.reached("states")
        try await lookAgain(&aside, gathered.sources, redis, stores)
        DyingStep.reached("looked_again")
        try judge.take(aside)
        var cut = try judge.end()
        cut.foreignClaims = gathered.foreignClaims
        cut.statements = gathered.statements
        cut.sources = gathered.sources.values.sorted {
            ($0.partition.topic, $0.partition.partition) < ($1.partition.topic, $1.partition.partition)
        }
        cut.durationMs = Int64((SystemClock.nowNs - beganNs) / 1_000_000)
        return cut
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

/// Judges the orders of a cut, some at a time. Pure.
struct CutJudge {
    private let catalog: Catalog
    private let tooYoungMs: Int64
    private var cut: Cut
    private var due = 0
    private var aside = 0

    init(_ catalog: Catalog, atMs: Int64, tooYoungMs: Int64) {
        self.catalog = catalog
        self.tooYoungMs = tooYoungMs
        cut = Cut(
            atMs: atMs, verdict: Verdict(atMs: atMs, games: catalog.games.count),
            tally: CampaignTally(catalog))
    }

    /// Takes out what has to be looked at once more.
    mutating func setAside(_ facts: inout Reconciliation, in rest: inout Reconciliation) {
        let wanted = (Array(facts.disputed) + facts.unexpected).prefix(Cut.maxLookedAgain - aside)
        guard !wanted.isEmpty else { return }
        aside += wanted.count
        for id in wanted {
            if let order = facts.facts[id]?.order { cut.tally.setAside(order) }
        }
        facts.setAside(wanted, in: &rest)
    }

    /// All that is known of some orders.
    mutating func take(_ facts: Reconciliation) throws(ReconcilerFault) {
        var tally = cut.tally
        cut.tally = CampaignTally(catalog)
        let part = facts.verdict(atMs: cut.atMs, tooYoungMs: tooYoungMs, games: catalog.games.count) {
            tally.take($0, $1)
        }
        tally.endShard()
        cut.tally = tally
        let itsDue = facts.dueCount
        if let sum = part.brokenSum(due: itsDue, isPart: true) { throw Self.broken(sum) }
        due += itsDue
        cut.verdict.add(part)
    }

    /// - Throws: ``ReconcilerFault/broken`` when the classes do not add up, with the sum that does not.
    mutating func end() throws(ReconcilerFault) -> Cut {
        cut.tally.end()
        cut.verdict.sort()
        if let sum = cut.verdict.brokenSum(due: due) { throw Self.broken(sum) }
        return cut
    }

    private static func broken(_ sum: String) -> ReconcilerFault {
        ReconcilerFault(ReconcilerFault.broken, "the classes do not add up, the run is void: \(sum)")
    }
}
