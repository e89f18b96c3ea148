import Catalog
import Kafka
import Logging
import NIOPosix
import OrderStore
import Orders
import Redis
import Telemetry

/// One reading of everything: what the sources said, and which they were.
struct Cut: Sendable {
    /// When the reading began, Unix milliseconds.
    let atMs: Int64
    let facts: Reconciliation
    /// Claims in Redis that name what the catalog does not have; not judged.
    let foreignClaims: Int
    /// By topic, then partition.
    let sources: [SourceReading]
    let durationMs: Int64

    /// Reads a campaign in the direction of travel. Kafka is read on a thread of the pool, which it blocks.
    ///
    /// - Parameter statements: what games themselves say, made before this reading; by the game's slot.
    static func read(
        _ stores: CampaignStores, statements: [(game: UInt8, statement: GameStatement)] = []
    ) async throws -> Cut {
        let (atMs, beganNs) = (SystemClock.nowMs, SystemClock.nowNs)
        let catalog = stores.catalog
        let redis = StateReading(store: stores.store)
        var (claims, foreign) = try await redis.claims(catalog)
        for (game, statement) in statements { claims.stated(game, statement) }
        let told = claims
        DyingStep.reached("claims")
        let (read, sources) = try await stores.blocking { options, logger in
            var reading = QueueReading(
                told, reader: try KafkaReader(options: options, logger: logger), catalog: catalog)
            try reading.read()
            return (reading.facts, reading.sources)
        }
        var facts = read
        DyingStep.reached("topics")
        try await redis.states(&facts)
        DyingStep.reached("states")
        try await lookAgain(&facts, sources, redis, stores)
        DyingStep.reached("looked_again")
        let ordered = sources.values.sorted {
            ($0.partition.topic, $0.partition.partition) < ($1.partition.topic, $1.partition.partition)
        }
        return Cut(
            atMs: atMs, facts: facts, foreignClaims: foreign, sources: ordered,
            durationMs: Int64((SystemClock.nowNs - beganNs) / 1_000_000))
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
            var reading = QueueReading(
                half, sources: sources, reader: try KafkaReader(options: options, logger: logger),
                catalog: catalog)
            try reading.readOn(disputed)
            return reading.facts
        }
    }

    /// The verdict over the cut.
    ///
    /// - Throws: ``ReconcilerFault/broken`` when the classes do not add up, with the sum that does not.
    func verdict(_ catalog: Catalog, tooYoungMs: Int64) throws(ReconcilerFault) -> Verdict {
        let verdict = facts.verdict(atMs: atMs, tooYoungMs: tooYoungMs, games: catalog.games.count)
        let due = facts.facts.values.count(where: \.isDue)
        if let sum = verdict.brokenSum(due: due) {
            throw ReconcilerFault(
                ReconcilerFault.broken, "the classes do not add up, the run is void: \(sum)")
        }
        return verdict
    }
}
