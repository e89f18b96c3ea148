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
    static func read(_ stores: CampaignStores) async throws -> Cut {
        let (atMs, beganNs) = (SystemClock.nowMs, SystemClock.nowNs)
        let catalog = stores.catalog
        let redis = StateReading(store: stores.store)
        let (claims, foreign) = try await redis.claims(catalog)
        let (read, sources) = try await stores.blocking { options, logger in
            var reading = QueueReading(
                claims, reader: try KafkaReader(options: options, logger: logger), catalog: catalog)
            try reading.read()
            return (reading.facts, reading.sources)
        }
        var facts = read
        try await redis.states(&facts)
        let ordered = sources.values.sorted {
            ($0.partition.topic, $0.partition.partition) < ($1.partition.topic, $1.partition.partition)
        }
        return Cut(
            atMs: atMs, facts: facts, foreignClaims: foreign, sources: ordered,
            durationMs: Int64((SystemClock.nowNs - beganNs) / 1_000_000))
    }

    /// The verdict over the cut.
    ///
    /// - Throws: ``ReconcilerFault/broken`` when the classes do not add up.
    func verdict(_ catalog: Catalog, tooYoungMs: Int64) throws(ReconcilerFault) -> Verdict {
        let verdict = facts.verdict(atMs: atMs, tooYoungMs: tooYoungMs, games: catalog.games.count)
        let due = facts.facts.values.count { $0.order != nil }
        guard verdict.addsUp(due: due) else {
            throw ReconcilerFault(ReconcilerFault.broken, "the classes do not add up: the run is void")
        }
        return verdict
    }
}
