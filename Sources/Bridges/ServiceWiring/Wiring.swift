import CampaignFiles
import Catalog
import Credentials
import Redis
import ServiceShell
import Telemetry

/// The settings that every service of a campaign has, read in one way.
package enum Wiring {
    /// `campaign`: the campaign's directory. Placeholders in endpoints come from the environment. A fault in
    /// the files is a fault of the setting: the process ends with 78 and says file, path and reason.
    package static func catalog(_ settings: Settings) throws -> Catalog {
        try Self.setting(
            "campaign", try settings.path("campaign"), allowed: "the directory of a valid campaign"
        ) {
            path throws(CampaignDirectory.Fault) in try CampaignDirectory.load(path)
        }
    }

    /// `redis.url`: one server as `redis://[user:password@]host:port[/database]`, or a cluster as
    /// `redis-cluster://[user:password@]host:port[,host:port]...`.
    package static func redisTarget(_ settings: Settings) throws -> RedisTarget {
        let url = try settings.string("redis.url")
        let allowed =
            "redis://[user:password@]host:port[/database] or "
            + "redis-cluster://[user:password@]host:port[,host:port]..."
        return try Self.setting("redis.url", url, allowed: allowed) {
            text throws(RedisAddressFault) in try RedisTarget(url: text)
        }
    }

    /// `admin.keys_file` (or `HONGBAO_ADMIN_KEYS`), where set: who may use the admin port's actions, by name.
    /// Without it nobody may.
    package static func admitOperators(_ context: ServiceContext) throws(SettingsFault) {
        let source = try KeySource(
            context, "admin", form: .lines, allowed: "lines of name:<SHA-256 of the key>"
        ) { bytes, origin throws(FileFault) in try KeyFiles.operators(bytes, from: origin) }
        guard let source else { return }
        let routes = context.routes
        let admit: @Sendable (APIKeyring) -> Void = { keyring in
            routes.access = .apiKey { keyring.name(forKey: $0.utf8, nowS: SystemClock.nowMs / 1000) }
        }
        admit(source.first)
        source.whenChanged(admit)
    }

    /// `tickets.keys_file` (or `HONGBAO_TICKETS_KEYS`) and `tickets.audience`.
    package static func tickets(
        _ context: ServiceContext
    ) throws(SettingsFault) -> KeySource<TicketVerifier> {
        let audience = try context.settings.string("tickets.audience", default: "hongbao")
        return try KeySource.required(
            context, "tickets", form: .document,
            allowed: "a JSON array of keys: id, algorithm, secret or public_key, until"
        ) { bytes, origin throws(FileFault) in
            let keys = try KeyFiles.tickets(bytes, from: origin)
            do throws(KeyFault) {
                return try TicketVerifier(keys: keys, audience: audience)
            } catch {
                throw FileFault(path: origin, reason: error.description)
            }
        }
    }

    /// `tickets.remembered`: verified tickets that a loop remembers; the next power of two.
    package static func rememberedTickets(_ settings: Settings) throws(SettingsFault) -> Int {
        let number = try settings.int(
            "tickets.remembered", in: 64...VerifiedTickets.maxEntries, default: 16_384)
        return 1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
    }

    /// `coupons.keys_file` (or `HONGBAO_COUPONS_KEYS`).
    package static func coupons(
        _ context: ServiceContext, campaign: String
    ) throws(SettingsFault) -> KeySource<CouponCodec> {
        try KeySource.required(
            context, "coupons", form: .lines, allowed: "lines of <id 0-255>:hex:<digits>"
        ) { bytes, origin throws(FileFault) in
            try KeyFiles.coupons(bytes, from: origin, campaign: campaign)
        }
    }

    /// Turns a value's fault into one of the setting that named it.
    package static func setting<Value, Fault: Error>(
        _ key: String, _ text: String, allowed: String, _ body: (String) throws(Fault) -> Value
    ) throws(SettingsFault) -> Value {
        do throws(Fault) {
            return try body(text)
        } catch {
            throw SettingsFault(key: key, value: text, allowed: "\(allowed) (\(error))", origin: "settings")
        }
    }
}
