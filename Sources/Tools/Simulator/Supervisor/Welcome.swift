import Catalog
import Credentials
import NIOCore
import NIOPosix
import Profiles
import Wire

/// What `up` shows: where everything is, and a person with a coupon, ready to try it.
enum Welcome {
    /// People of the crowd whose profiles are put into Redis, so that a list is quick.
    static let people = 1000

    static func prepare(_ house: House, _ catalog: Catalog) async throws -> String {
        let crowd = try Crowd(
            HouseMaking.crowdSettings(house, catalog, people: people, validClaims: people / 2))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        _ = try await crowd.preload(on: group.next())
        try await group.shutdownGracefully()
        let guest = crowd.people.first { $0.part == .claims && $0.isPreloaded }
        guard let guest else { return "no guest was drawn" }
        return try text(house, catalog, crowd, guest)
    }

    private static func text(
        _ house: House, _ catalog: Catalog, _ crowd: Crowd, _ guest: Person
    ) throws -> String {
        let plan = house.plan
        let ticket = try crowd.desk().ticket(guest)
        let coupon = try crowd.desk().papers(for: guest).coupon
        // A pack of the game that the guest plays most, for everybody: it is claimable.
        let registration = crowd.world.favourite(of: guest.user).flatMap {
            crowd.world.registration(of: guest.user, game: $0)
        }
        guard let registration, let role = registration.roles.first,
            let gift = catalog.gifts.first(where: { $0.game == registration.game && $0.audience == .everyone }
            )
        else { return "no gift for the guest" }
        let region = catalog.games[Int(registration.game)].regions[Int(role.region)].id
        let draft = PersonScript.Draft(gift: gift.id, region: region, role: "\(role.id)")
        let body = String(
            decoding: Papers(authorization: "", coupon: coupon, garbage: nil).claimBody(draft), as: UTF8.self)
        return """
            The stack is up; `make down` stops it. Logs and settings: \(plan.directory)

              page       \(plan.recommendURL)/
              gifts      \(plan.recommendURL)/v1/gifts
              claims     \(plan.claimURL)/v1/claims
              admin      recommend \(plan.ports.recommendAdmin), claim \(plan.ports.claimAdmin), \
            deliverer \(plan.ports.delivererAdmin), games \(plan.ports.gamesAdmin) on 127.0.0.1; \
            key in \(plan.secrets.adminKeyFile)
              redis      \(house.redisURL)
              kafka      \(house.kafkaBootstrap)

            A coupon, ready to be used by person \(guest.user):
              \(plan.recommendURL)/landing/#ticket=\(ticket)&coupon=\(coupon)

            List and claim:
              TICKET=\(ticket)
              curl -s -H "Authorization: Bearer $TICKET" \(plan.recommendURL)/v1/gifts
              curl -s -i -H "Authorization: Bearer $TICKET" -H 'Content-Type: application/json' \\
                -d '\(body)' \(plan.claimURL)/v1/claims

            A thousand people more:
              .build/release/simulator people --config \(plan.settingsFile(.people))
            """
    }
}
