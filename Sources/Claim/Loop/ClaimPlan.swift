import Catalog
import Orders
import Wire

/// What every loop of the process shares: the campaign as it is served, its keys and topics, the limits.
struct ClaimPlan: Sendable {
    private(set) var gate: ClaimGate
    let keys: StoreKeys
    let limits: ClaimLimits
    let front: FrontPlan
    /// Topic of each game's orders; index = game slot.
    private(set) var orderTopics: [String]
    let heldTopic: String
    let controlTopic: String
    /// This process, in leases and lane records.
    let owner: UInt64
    /// Pages of other origins that may claim; nil: none, and nobody asks for a request's origin.
    let origins: AllowedOrigins?

    init(
        gate: ClaimGate, limits: ClaimLimits, front: FrontPlan, owner: UInt64,
        origins: AllowedOrigins? = nil
    ) {
        self.gate = gate
        self.front = front
        self.origins = origins
        self.limits = limits
        self.owner = owner
        let campaign = gate.catalog.campaign
        keys = StoreKeys(
            campaign: campaign.id, shards: campaign.storage.shards, buckets: campaign.storage.claimBuckets)
        let topics = Topics(campaign: campaign.id)
        orderTopics = gate.catalog.games.map { topics.orders(game: $0.id) }
        heldTopic = topics.held
        controlTopic = topics.control
    }

    var catalog: Catalog { gate.catalog }
    /// The owner as records name it.
    var ownerName: String { "claim " + String(decoding: Hex.encode(owner), as: UTF8.self) }

    /// The same over an edited catalog, which may have games, regions and packs appended.
    func with(_ catalog: Catalog) -> ClaimPlan {
        var plan = self
        plan.gate = ClaimGate(catalog: catalog)
        let topics = Topics(campaign: catalog.campaign.id)
        plan.orderTopics = catalog.games.map { topics.orders(game: $0.id) }
        return plan
    }
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
    /// What a game said of a person is asked for anew before a claim where it is older.
    var profileAgeMs: Int64 = 600_000
    /// How long sold out is remembered while the pool's version stays; stock that comes into the pool sells
    /// sooner, see ``ClaimLoop/poolWatchNs``.
    var soldOutMs: Int64 = 30_000
}

extension ClaimLimits {
    var laneTimes: LaneKeeper.Times {
        LaneKeeper.Times(
            leaseNs: UInt64(leaseMs) * 1_000_000, renewNs: UInt64(renewMs) * 1_000_000,
            lookNs: 1_000_000_000, pauseNs: 500_000_000)
    }
}
