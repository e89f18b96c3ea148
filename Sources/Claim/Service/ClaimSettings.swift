import CampaignFiles
import Catalog
import Credentials
import Kafka
import Redis
import ServiceShell

/// The configuration of `claim serve`, read and checked before anything is started.
struct ClaimSettings: Sendable {
    let catalog: Catalog
    let gate: ClaimGate
    let limits: ClaimLimits
    let redis: RedisAddress
    let kafka: KafkaAddress
    let kafkaExtra: [String: String]
    let host: String
    let port: Int
    let loops: Int
    let drain: Duration
    let profiles: ProfileSettings

    /// - Throws: ``SettingsFault`` that names the key and what it may be.
    init(_ settings: Settings) throws(SettingsFault) {
        let directory = try settings.path("campaign")
        do {
            catalog = try CampaignDirectory.load(directory)
        } catch {
            throw SettingsFault(
                key: "campaign", value: directory, allowed: "must be a valid campaign: \(error)", origin: "settings")
        }
        gate = try Self.gate(settings, catalog)
        limits = try Self.limits(settings)
        let url = try settings.string("redis.url")
        do { redis = try RedisAddress(url: url) } catch {
            // The URL may hold a password: it is not repeated.
            throw SettingsFault(key: "redis.url", value: nil, allowed: error.reason, origin: "settings")
        }
        kafka = try KafkaAddress(settings)
        kafkaExtra = try Self.kafkaExtra(settings)
        host = try settings.string("http.host", default: "127.0.0.1")
        port = try settings.int("http.port", in: 0...65_535, default: 0)
        loops = try settings.int("loops", in: 1...64, default: 1)
        drain = try settings.duration("claim.drain", in: .milliseconds(100)...(.seconds(60)), default: .seconds(5))
        profiles = try ProfileSettings(settings)
    }

    private static func gate(_ settings: Settings, _ catalog: Catalog) throws(SettingsFault) -> ClaimGate {
        let audience = try settings.string("tickets.audience", default: "hongbao")
        let ticketFile = try settings.path("tickets.keys_file")
        let couponFile = try settings.path("coupons.keys_file")
        let tickets: TicketVerifier
        do {
            let keys = try KeyFiles.tickets(ticketFile)
            tickets = try TicketVerifier(keys: keys, audience: audience)
        } catch {
            throw SettingsFault(
                key: "tickets.keys_file", value: ticketFile, allowed: "\(error)", origin: "settings")
        }
        do {
            let coupons = try KeyFiles.coupons(couponFile, campaign: catalog.campaign.id)
            return ClaimGate(catalog: catalog, tickets: tickets, coupons: coupons)
        } catch {
            throw SettingsFault(
                key: "coupons.keys_file", value: couponFile, allowed: "\(error)", origin: "settings")
        }
    }

    private static func limits(_ settings: Settings) throws(SettingsFault) -> ClaimLimits {
        var limits = ClaimLimits()
        limits.maxOpen = try settings.int("claim.max_open", in: 1...1_000_000, default: limits.maxOpen)
        limits.maxWaiting = try settings.int("claim.max_waiting", in: 256...1_000_000, default: limits.maxWaiting)
        limits.outboxMax = try settings.int("claim.outbox_max", in: 1...1_000_000, default: limits.outboxMax)
        limits.sweepMax = try settings.int("claim.sweep_max", in: 1...100_000, default: limits.sweepMax)
        limits.answerDeadlineMs = try milliseconds(settings, "claim.answer_deadline", limits.answerDeadlineMs)
        limits.messageTimeoutMs = try milliseconds(settings, "kafka.message_timeout", limits.messageTimeoutMs)
        limits.sweepAgeMs = try milliseconds(settings, "claim.sweep_age", limits.sweepAgeMs)
        limits.leaseMs = try milliseconds(settings, "claim.lease", limits.leaseMs)
        limits.renewMs = try milliseconds(settings, "claim.lease_renewal", limits.renewMs)
        limits.soldOutMs = try milliseconds(settings, "claim.sold_out_memory", limits.soldOutMs)
        try limits.check()
        return limits
    }

    private static func milliseconds(
        _ settings: Settings, _ key: String, _ fallback: Int64
    ) throws(SettingsFault) -> Int64 {
        let value = try settings.duration(
            key, in: .milliseconds(10)...(.seconds(300)), default: .milliseconds(fallback))
        return value.components.seconds * 1000 + value.components.attoseconds / 1_000_000_000_000_000
    }

    /// `name=value` lines for librdkafka: TLS, SASL.
    private static func kafkaExtra(_ settings: Settings) throws(SettingsFault) -> [String: String] {
        var extra: [String: String] = [:]
        for line in try settings.strings("kafka.properties", default: []) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw SettingsFault(
                    key: "kafka.properties", value: nil, allowed: "lines of name=value", origin: "settings")
            }
            extra[String(parts[0])] = String(parts[1])
        }
        return extra
    }
}

extension ClaimLimits {
    /// What the limits must be to each other.
    func check() throws(SettingsFault) {
        // A record that Kafka may still take must not be produced again: sweeps would only make twins.
        guard messageTimeoutMs < sweepAgeMs else {
            throw SettingsFault(
                key: "claim.sweep_age", value: "\(sweepAgeMs)ms",
                allowed: "must be longer than kafka.message_timeout (\(messageTimeoutMs)ms)", origin: "settings")
        }
        // Two renewals may fail before the lease does.
        guard renewMs * 3 <= leaseMs else {
            throw SettingsFault(
                key: "claim.lease_renewal", value: "\(renewMs)ms",
                allowed: "must be at most a third of claim.lease (\(leaseMs)ms)", origin: "settings")
        }
    }
}
