import CampaignFiles
import Catalog
import Credentials
import Redis
import ServiceShell
import ServiceWiring

/// What a crowd needs to know; read from the settings file of `simulator people`, or put together by the
/// demo.
struct CrowdSettings: Sendable {
    var catalog: Catalog
    var plan: CrowdPlan
    /// The seed of the outside world, the same as that of `simulator serve`.
    var worldSeed: UInt64
    var options: CrowdRun.Options
    var redis: RedisTarget
    var audience: String
    /// The issuer's private keys.
    var ticketKeys: [TicketKey]
    var coupons: CouponCodec
    /// The directory of the notes.
    var notes: String

    /// Reads the settings; a fault names the key and what would do.
    static func read(_ settings: Settings) throws -> CrowdSettings {
        let campaign = try settings.path("campaign")
        let worldSeed = UInt64(try settings.int("seed", in: 0...Int.max))
        let people = try settings.int("people.count", in: 1...10_000_000, default: 30_000)
        let plan = CrowdPlan(
            people: people,
            validClaims: try settings.int("people.valid_claims", in: 0...people, default: people * 2 / 3),
            seed: UInt64(try settings.int("people.seed", in: 0...Int.max, default: Int(worldSeed))),
            slowPerMille: UInt64(try settings.int("people.slow_per_mille", in: 0...1000, default: 50)))
        var options = CrowdRun.Options(
            recommendURL: try settings.string("recommend.url"), claimURL: try settings.string("claim.url"))
        options.inFlight = try settings.int("people.in_flight", in: 1...4096, default: options.inFlight)
        let audience = try settings.string("tickets.audience", default: "hongbao")
        let notes = try settings.path("notes_dir")
        let keyFiles = (try settings.path("tickets.keys_file"), try settings.path("coupons.keys_file"))
        let catalog = try Wiring.setting("campaign", campaign, allowed: "the directory of a valid campaign") {
            path throws(CampaignDirectory.Fault) in try CampaignDirectory.load(path, allowUnset: true)
        }
        return CrowdSettings(
            catalog: catalog, plan: plan, worldSeed: worldSeed, options: options,
            redis: try Wiring.redisTarget(settings), audience: audience,
            ticketKeys: try Wiring.setting(
                "tickets.keys_file", keyFiles.0, allowed: "the issuer's keys with their private halves"
            ) { path throws(FileFault) in try KeyFiles.tickets(path) },
            coupons: try Wiring.setting("coupons.keys_file", keyFiles.1, allowed: "lines of id:secret") {
                path throws(FileFault) in try KeyFiles.coupons(path, campaign: catalog.campaign.id)
            }, notes: notes)
    }
}
