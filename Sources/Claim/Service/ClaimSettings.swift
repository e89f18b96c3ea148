import Catalog
import Credentials
import Kafka
import OrderLog
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring
import Wire

/// The configuration of `claim serve`, read and checked before anything is started.
struct ClaimSettings: Sendable {
    let campaignDirectory: String
    let catalog: Catalog
    let gate: ClaimGate
    let tickets: KeySource<TicketVerifier>
    let coupons: KeySource<CouponCodec>
    let front: FrontPlan
    let limits: ClaimLimits
    let redis: RedisTarget
    let redisTimeoutMs: Int64
    private(set) var kafka: KafkaSettings
    /// How long a claim waits for the person's profile, and what is kept of it.
    let profiles: ProfileRoadOptions
    /// Pages of other origins that may claim; nil: none.
    let origins: AllowedOrigins?

    /// - Throws: ``SettingsFault`` that names the key and what it may be.
    init(_ context: ServiceContext) throws {
        let settings = context.settings
        campaignDirectory = try settings.path("campaign")
        catalog = try Wiring.catalog(settings)
        redis = try Wiring.redisTarget(settings)
        redisTimeoutMs = try Self.milliseconds(settings, "claim.redis_timeout", 1000)
        kafka = try KafkaSettings(context)
        kafka.options.lingerMs = try settings.int("kafka.linger_ms", in: 0...1000, default: 5)
        limits = try Self.limits(settings, messageTimeoutMs: kafka.options.messageTimeoutMs)
        profiles = try Wiring.profiles(settings)
        gate = ClaimGate(catalog: catalog)
        tickets = try Wiring.tickets(context)
        coupons = try Wiring.coupons(context, campaign: catalog.campaign.id)
        front = try Self.front(settings, tickets, coupons)
        origins = try Self.origins(settings)
    }

    /// `http.allowed_origins`: a list; in the environment separated by commas.
    private static func origins(_ settings: Settings) throws(SettingsFault) -> AllowedOrigins? {
        let list = try settings.strings("http.allowed_origins", default: [])
        guard !list.isEmpty else { return nil }
        do {
            return try AllowedOrigins(list)
        } catch {
            throw SettingsFault(
                key: "http.allowed_origins", value: error.text,
                allowed: "a list of at most \(AllowedOrigins.maxOrigins) origins such as "
                    + "https://festival.example.org, in lower case and without a path",
                origin: "settings")
        }
    }

    /// Limits of people and addresses, and the keys of the start.
    private static func front(
        _ settings: Settings, _ tickets: KeySource<TicketVerifier>, _ coupons: KeySource<CouponCodec>
    ) throws(SettingsFault) -> FrontPlan {
        FrontPlan(
            limits: try FrontLimits(settings), tickets: tickets.first, coupons: coupons.first,
            ticketEntries: try Wiring.rememberedTickets(settings))
    }

    private static func limits(
        _ settings: Settings, messageTimeoutMs: Int
    ) throws(SettingsFault) -> ClaimLimits {
        var limits = ClaimLimits()
        limits.messageTimeoutMs = Int64(messageTimeoutMs)
        limits.maxOpen = try settings.int("claim.max_open", in: 1...1_000_000, default: limits.maxOpen)
        limits.maxWaiting = try settings.int(
            "claim.max_waiting", in: 256...1_000_000, default: limits.maxWaiting)
        limits.outboxMax = try settings.int("claim.outbox_max", in: 1...1_000_000, default: limits.outboxMax)
        limits.sweepMax = try settings.int("claim.sweep_max", in: 1...100_000, default: limits.sweepMax)
        limits.answerDeadlineMs = try milliseconds(settings, "claim.answer_deadline", limits.answerDeadlineMs)
        limits.sweepAgeMs = try milliseconds(settings, "claim.sweep_age", limits.sweepAgeMs)
        limits.leaseMs = try milliseconds(settings, "claim.lease", limits.leaseMs)
        limits.renewMs = try milliseconds(settings, "claim.lease_renewal", limits.renewMs)
        limits.profileAgeMs = try milliseconds(
            settings, "claim.profile_age", limits.profileAgeMs, in: .seconds(1)...(.seconds(7 * 86_400)))
        limits.soldOutMs = try milliseconds(settings, "claim.sold_out_memory", limits.soldOutMs)
        try limits.check()
        return limits
    }

    private static func milliseconds(
        _ settings: Settings, _ key: String, _ fallback: Int64,
        in range: ClosedRange<Duration> = .milliseconds(10)...(.seconds(300))
    ) throws(SettingsFault) -> Int64 {
        let value = try settings.duration(key, in: range, default: .milliseconds(fallback))
        return value.components.seconds * 1000 + value.components.attoseconds / 1_000_000_000_000_000
    }
}

extension ClaimLimits {
    /// What the limits must be to each other.
    func check() throws(SettingsFault) {
        // A record that Kafka may still take must not be produced again: sweeps would only make twins.
        guard messageTimeoutMs < sweepAgeMs else {
            throw SettingsFault(
                key: "claim.sweep_age", value: "\(sweepAgeMs)ms",
                allowed: "must be longer than kafka.message_timeout_ms (\(messageTimeoutMs))",
                origin: "settings")
        }
        // Two renewals may fail before the lease does.
        guard renewMs * 3 <= leaseMs else {
            throw SettingsFault(
                key: "claim.lease_renewal", value: "\(renewMs)ms",
                allowed: "must be at most a third of claim.lease (\(leaseMs)ms)", origin: "settings")
        }
    }
}
