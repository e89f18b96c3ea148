import CampaignFiles
import Catalog
import Credentials
import ProfileRoad
import Profiles
import Redis
import ServiceShell
import ServiceWiring

/// The configuration of `recommend serve`, read and checked before anything is started.
struct RecommendSettings: Sendable {
    static let help = """
        Its own keys: campaign (the directory), redis.url, tickets.keys_file, tickets.audience, static.root, \
        profiles.deadline, profiles.cache_bytes, profiles.cache_life, profiles.role_life, \
        profiles.absence_life, profiles.role_timeout, profiles.max_role_calls, profiles.max_role_calls_a_game.
        """

    let catalog: Catalog
    let redis: RedisAddress
    let tickets: TicketVerifier
    let pages: StaticPages
    let profiles: ProfileRoadOptions

    /// - Throws: `SettingsFault` that names the key and what it may be.
    init(_ settings: Settings) throws {
        catalog = try Wiring.catalog(settings)
        redis = try Wiring.redisAddress(settings)
        tickets = try Self.tickets(settings)
        profiles = try Self.profiles(settings)
        pages = try Self.pages(settings)
    }

    private static func tickets(_ settings: Settings) throws -> TicketVerifier {
        let audience = try settings.string("tickets.audience", default: "hongbao")
        return try Wiring.setting(
            "tickets.keys_file", try settings.path("tickets.keys_file"),
            allowed: "a JSON array of keys: id, algorithm, secret or public_key"
        ) { path in
            try TicketVerifier(keys: try KeyFiles.tickets(path), audience: audience)
        }
    }

    /// `static.root`: the directory of the pages; without it there are none.
    private static func pages(_ settings: Settings) throws(SettingsFault) -> StaticPages {
        guard let root = try settings.optionalPath("static.root") else { return StaticPages() }
        return try Wiring.setting("static.root", root, allowed: "a readable directory of pages") {
            path throws(FileFault) in try StaticPages(root: path)
        }
    }

    private static func profiles(_ settings: Settings) throws(SettingsFault) -> ProfileRoadOptions {
        var options = ProfileRoadOptions()
        options.deadlineMs = try ms(settings, "profiles.deadline", options.deadlineMs, most: .seconds(10))
        options.cacheBytes = try settings.int(
            "profiles.cache_bytes", in: 0...(1 << 40), default: options.cacheBytes)
        options.cacheLifeMs = try ms(
            settings, "profiles.cache_life", options.cacheLifeMs, most: .seconds(3600))
        options.ages = ProfileAges(
            presentS: try seconds(settings, "profiles.role_life", options.ages.presentS),
            absentS: try seconds(settings, "profiles.absence_life", options.ages.absentS))
        options.storedLifeMs = Int64(options.ages.presentS) * 1000
        options.roleTimeoutMs = Int(
            try ms(settings, "profiles.role_timeout", Int64(options.roleTimeoutMs), most: .seconds(60)))
        options.roleConnectTimeoutMs = min(options.roleConnectTimeoutMs, options.roleTimeoutMs)
        options.maxCalls = try settings.int(
            "profiles.max_role_calls", in: 1...10_000, default: options.maxCalls)
        options.maxCallsAGame = try settings.int(
            "profiles.max_role_calls_a_game", in: 1...10_000, default: options.maxCallsAGame)
        return options
    }

    private static func ms(
        _ settings: Settings, _ key: String, _ fallback: Int64, most: Duration
    ) throws(SettingsFault) -> Int64 {
        let value = try settings.duration(
            key, in: .milliseconds(10)...most, default: .milliseconds(fallback))
        return value.components.seconds * 1000 + value.components.attoseconds / 1_000_000_000_000_000
    }

    private static func seconds(
        _ settings: Settings, _ key: String, _ fallback: UInt32
    ) throws(SettingsFault) -> UInt32 {
        let value = try settings.duration(
            key, in: .seconds(1)...(.seconds(30 * 86_400)), default: .seconds(Int64(fallback)))
        return UInt32(value.components.seconds)
    }
}
