import CampaignFiles
import Catalog
import Credentials
import NIOCore
import NIOPosix
import Profiles
import Redis
import Telemetry
import Wire

/// Somebody who opens the landing page, with a ticket and a coupon.
struct LandingGuest: Sendable {
    let person: Person

    var user: UInt64 { person.user }

    /// - Parameter part: what is wrong with the coupon, if anything.
    init(user: UInt64, part: PersonPart = .claims) {
        person = Person(
            user: user, part: part, ticket: .hs256, couponKind: 0, couponSerial: splitMix64(user),
            repeatsClaim: false, spendsAgain: false, isPreloaded: true, seed: user)
    }
}

/// The guests of one stack: who they are, what the nightly batch knows of them, the links they get.
struct GuestBook: Sendable {
    /// Guests' numbers begin here, above those of any crowd.
    private static let firstUser: UInt64 = 1 << 52
    private static let mostSearched: UInt64 = 1_000_000

    let house: House
    let catalog: Catalog
    let world: RoleWorld
    private let desk: IssuingDesk

    init(house: House, catalog: Catalog) throws {
        let secrets = house.plan.secrets
        self.house = house
        self.catalog = catalog
        world = RoleWorld(seed: house.plan.seed, catalog: catalog)
        desk = try IssuingDesk(
            keys: KeyFiles.tickets(secrets.signersFile),
            coupons: KeyFiles.coupons(secrets.couponsFile, campaign: catalog.campaign.id),
            audience: "hongbao", nowS: SystemClock.nowMs / 1000)
    }

    /// The first numbers of people for whom it holds.
    func people(_ count: Int, where holds: ([GameProfile]) -> Bool) -> [UInt64] {
        var found: [UInt64] = []
        var user = Self.firstUser
        while found.count < count, user < Self.firstUser + Self.mostSearched {
            if holds(world.registrations(of: user)) { found.append(user) }
            user += 1
        }
        return found
    }

    /// Writes what the nightly batch knew; of another world, where it knows nothing of what came since.
    func preload(_ users: [UInt64], as world: RoleWorld? = nil) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await NightlyBatch.write(
                users, of: world ?? self.world, redis: RedisTarget(url: house.redisURL), loop: group.next(),
                nowS: UInt32(SystemClock.nowMs / 1000))
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    func ticket(_ guest: LandingGuest) -> String { desk.ticket(guest.person) }

    /// The link in a red packet. What it holds stands behind `#`, so that it gets into no log.
    func link(_ guest: LandingGuest) -> String {
        let papers = desk.papers(for: guest.person)
        let ticket = papers.authorization.split(separator: " ").last ?? ""
        return "\(house.plan.recommendURL)/landing/#ticket=\(ticket)&coupon=\(papers.coupon)"
    }
}
