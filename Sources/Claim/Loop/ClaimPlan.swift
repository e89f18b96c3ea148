import Catalog
import Orders

/// What every loop of the process shares and none changes: the campaign, its keys and topics, the limits.
struct ClaimPlan: Sendable {
    let gate: ClaimGate
    let keys: StoreKeys
    let limits: ClaimLimits
    /// Topic of each game's orders; index = game slot.
    let orderTopics: [String]
    let controlTopic: String
    /// This process, in leases and lane records.
    let owner: UInt64
    /// Pages of other origins that may claim; nil: none, and nobody asks for a request's origin.
    let origins: AllowedOrigins?

    init(gate: ClaimGate, limits: ClaimLimits, owner: UInt64, origins: AllowedOrigins? = nil) {
        self.gate = gate
        self.origins = origins
        self.limits = limits
        self.owner = owner
        let campaign = gate.catalog.campaign
        keys = StoreKeys(
            campaign: campaign.id, shards: campaign.storage.shards, buckets: campaign.storage.claimBuckets)
        let topics = Topics(campaign: campaign.id)
        orderTopics = gate.catalog.games.map { topics.orders(game: $0.id) }
        controlTopic = topics.control
    }

    var catalog: Catalog { gate.catalog }
}

/// The named maxima and times of a loop. Defaults are those of the configuration.
struct ClaimLimits: Sendable, Equatable {
    /// Requests that a loop works on at once; beyond it 503.
    var maxOpen = 8192
    /// Claims that wait for a batch, a shard; beyond it 503.
    var maxWaiting = 2048
    /// Accepted orders of a shard that Kafka has not acknowledged; beyond it 503.
    var outboxMax = 4096
    /// From a request's arrival to its answer; then 503, while the order stands.
    var answerDeadlineMs: Int64 = 3000
    /// Kafka gives a record up after this; shorter than the sweep's age.
    var messageTimeoutMs: Int64 = 4000
    /// Orders older than this in the outbox are produced again.
    var sweepAgeMs: Int64 = 6000
    /// Swept orders on their way at once.
    var sweepMax = 1024
    /// Shards looked at in one sweep.
    var sweepShards = 64
    var leaseMs: Int64 = 10_000
    var renewMs: Int64 = 2000
    /// How long sold out is remembered without asking the pool again.
    var soldOutMs: Int64 = 1000
}
