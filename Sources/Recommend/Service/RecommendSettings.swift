import CampaignFiles
import Catalog
import Credentials
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring

/// The configuration of `recommend serve`, read and checked before anything is started.
struct RecommendSettings: Sendable {
    static let help = """
        Its own keys: campaign (the directory), redis.url, tickets.keys_file, tickets.audience, static.root, \
        claims.url, tickets.remembered, limits.lists, limits.lists_window, limits.refreshes, \
        limits.refreshes_window, limits.people, limits.max_waiting, limits.max_loop_delay, and profiles.….
        """

    let catalog: Catalog
    let campaignDirectory: String
    let redis: RedisTarget
    let tickets: KeySource<TicketVerifier>
    /// Verified tickets that a loop remembers.
    let ticketEntries: Int
    let limits: RecommendLimits
    /// The directory of the pages; nil = there are none.
    let webRoot: String?
    /// Where pages find Claim; empty = on the same origin.
    let claimsURL: String
    let pages: Pages
    let profiles: ProfileRoadOptions

    /// - Throws: `SettingsFault` that names the key and what it may be.
    init(_ context: ServiceContext) throws {
        let settings = context.settings
        campaignDirectory = try settings.path("campaign")
        catalog = try Wiring.catalog(settings)
        redis = try Wiring.redisTarget(settings)
        tickets = try Wiring.tickets(context)
        ticketEntries = try Wiring.rememberedTickets(settings)
        limits = try RecommendLimits(settings)
        profiles = try Wiring.profiles(settings)
        webRoot = try settings.optionalPath("static.root")
        claimsURL = try Self.claimsURL(settings)
        pages = try Self.pages(webRoot, catalog, claimsURL)
    }

    private static func pages(
        _ root: String?, _ catalog: Catalog, _ claimsURL: String
    ) throws(SettingsFault) -> Pages {
        try Wiring.setting("static.root", root ?? "", allowed: "a readable directory of pages") {
            _ throws(FileFault) in try Pages(root: root, catalog: catalog, claimsURL: claimsURL)
        }
    }

    /// `claims.url`: an origin such as `https://claim.example.org`, without a path.
    private static func claimsURL(_ settings: Settings) throws(SettingsFault) -> String {
        let url = try settings.string("claims.url", default: "")
        let rest = url.hasPrefix("https://") ? url.dropFirst(8) : url.dropFirst(7)
        let isOrigin =
            (url.hasPrefix("http://") || url.hasPrefix("https://")) && !rest.isEmpty
            && rest.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte)
                    || (0x30...0x39).contains(byte) || ".-:[]".utf8.contains(byte)
            }
        guard url.isEmpty || isOrigin else {
            throw SettingsFault(
                key: "claims.url", value: url, allowed: "an origin like https://claim.example.org",
                origin: "settings")
        }
        return url
    }
}
