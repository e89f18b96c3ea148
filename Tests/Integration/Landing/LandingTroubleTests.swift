import Catalog
import Foundation
import Profiles
import Stack
import Testing
import Wire

@testable import Simulator

extension Landing {
    /// What can go wrong around a claim, and what the page makes of it.
    @Suite("Trouble") struct Trouble {
        private let house: LandingHouse

        init() throws {
            house = try #require(LandingHouse.current)
        }

        private func isPlayer(_ games: [GameProfile]) -> Bool { games.count >= 3 }

        @Test("promise 1: a coupon that comes twice shows the same order; with another gift it is spent")
        func twice() async throws {
            let guest = try await house.guest(where: isPlayer)
            let gifts = try house.claimable(guest)
            let first = try house.visit(house.book.link(guest))
            try first.claim(gifts[0])
            let order = try first.order()
            // Another browser knows nothing of the order; Claim does.
            let second = try house.visit(house.book.link(guest))
            try second.claim(gifts[0])
            #expect(try second.order() == order)
            try second.waitForOrder("state", "delivered")
            let third = try house.visit(house.book.link(guest))
            try third.claim(gifts[1])
            try third.waitForText("#order-title", "Already spent")
            try third.click("#order button")
            try third.waitForText("#ticket-title", "Your coupon is spent")
            #expect(try !third.holds("document.querySelector('.gift.is-free button')"))
        }

        @Test("sold out between list and claim: it says so, the list follows, and the coupon is still good")
        func soldOut() async throws {
            let lantern = try #require(house.catalog.game(id: "lantern-legends")).slot
            let opensAtS = house.catalog.campaign.opensAtMs / 1000
            func mayHave(_ games: [GameProfile]) -> Bool {
                isPlayer(games) && games.contains { $0.game == lantern && Int64($0.registeredAtS) < opensAtS }
            }
            let (quick, slow) = (try await house.guest(where: mayHave), try await house.guest(where: mayHave))
            let late = try house.visit(house.book.link(slow))
            try late.waitForList()
            try late.choose(LandingHouse.scarceGift)
            let early = try house.visit(house.book.link(quick))
            try early.claim(LandingHouse.scarceGift)
            _ = try early.order()

            try late.confirm()
            try late.waitForText("#order-title", "Sold out just now")
            try late.click("#order button")
            try late.waitForText("#ticket-title", "You hold one coupon")
            try late.claim(try #require(house.claimable(slow).first))
            try late.waitForOrder("state", "delivered")

            let sign = "[data-gift=\"\(LandingHouse.scarceGift)\"] .seal"
            #expect(
                try await eventually {
                    try late.page.reload()
                    try late.waitForList()
                    return try late.text(sign) == "Sold out"
                })
            #expect(try late.reason(LandingHouse.scarceGift) == "All of these have been given away.")
        }

        @Test("who has just registered says so, and the game's gifts can be claimed")
        func registered() async throws {
            // The nightly batch saw another world, in which this person did not play that game.
            let seed = house.house.plan.seed + 1
            let lastNight = RoleWorld(seed: seed, catalog: house.catalog)
            let game = try #require(house.catalog.gift(id: "dragon-tide-chest")).game
            let user = try #require(
                house.book.people(500) { $0.contains { $0.game == game } }
                    .last { lastNight.registration(of: $0, game: game) == nil })
            try await house.book.preload([user], as: lastNight)
            let visit = try house.visit(house.book.link(LandingGuest(user: user)))
            try visit.waitForList()
            let card = "[data-gift=\"dragon-tide-chest\"]"
            #expect(try visit.text("\(card) button") == "I have just registered")
            try visit.click("\(card) button")
            try visit.waitForText("\(card) button", "Claim")
            try visit.claim("dragon-tide-chest")
            try visit.waitForOrder("state", "delivered")
            #expect(visit.page.complaints.isEmpty)
        }

        @Test("too many people: the same claim is sent again by itself, as late as it is asked to")
        func busy() async throws {
            let guest = try await house.guest(where: isPlayer)
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            // The first two claims are answered by nobody but this.
            try visit.page.evaluate(
                """
                (() => {
                  const real = fetch, answers = [[503, "1"], [429, "3660"]];
                  globalThis.bodies = [];
                  globalThis.fetch = async (url, of) => {
                    if (of?.method !== "POST") return real(url, of);
                    bodies.push(of.body);
                    if (answers.length === 0) return real(url, of);
                    const [status, after] = answers.shift();
                    return new Response("{}", {
                      status, headers: { "retry-after": after, "content-type": "application/problem+json" },
                    });
                  };
                })()
                """)
            try visit.claim(try #require(try house.claimable(guest).first))
            try visit.waitForText(".order-clock", "Again in 36")
            #expect(try visit.text("#order-title") == "Very many people are claiming")
            #expect(try visit.holds("bodies.length === 2"))
            try visit.click("#order button")
            try visit.waitForOrder("state", "delivered")
            #expect(try visit.holds("bodies.length === 3 && new Set(bodies).size === 1"))
        }

        @Test("Claim is away: try again, also over a reload; once it is back the same claim gets through")
        func claimAway() async throws {
            let guest = try await house.guest(where: isPlayer)
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            let gift = try #require(try house.claimable(guest).first)
            try visit.choose(gift)
            house.house.kill9("claim", hold: true)
            do {
                try visit.confirm()
                try visit.waitForOrder("phase", "stuck")
                try visit.waitForText("#order button", "Try again")
                try visit.click("#order button")
                try visit.waitForOrder("phase", "stuck")
                try visit.page.reload()
                try visit.waitForOrder("phase", "stuck")
            } catch {
                house.house.release("claim")
                throw error
            }
            house.house.release("claim")
            try Readiness(of: nil, within: .seconds(90)).http(
                port: house.house.plan.ports.claimAdmin, "/readyz")
            try visit.click("#order button")
            try visit.waitForOrder("state", "delivered")
            #expect(try house.state(of: visit.order(), guest) == .string("delivered"))
            #expect(visit.page.complaints.isEmpty)
        }

        @Test("a pack that is paused says so; when the festival is over the page thanks for coming")
        func over() async throws {
            let guest = try await house.guest(where: isPlayer)
            let gift = try #require(try house.claimable(guest).first)
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            let gifts = try house.edit("gifts.json") { text in
                let id = try #require(text.range(of: "\"id\": \"\(gift)\","))
                text.replaceSubrange(id, with: "\"id\": \"\(gift)\", \"paused\": true,")
            }
            #expect(
                try await eventually {
                    try visit.page.reload()
                    try visit.waitForList()
                    return try visit.reason(gift).hasPrefix("Paused for the moment")
                })
            let campaign = try house.edit("campaign.json") { text in
                text.replace(#/"closesAt": "[^"]*"/#, with: #""closesAt": "2026-01-02T00:00:00Z""#)
            }
            #expect(
                try await eventually {
                    try visit.page.reload()
                    try visit.page.wait(for: "document.querySelector('.gift[data-gift], .trouble')")
                    return try visit.text(".trouble").contains("The festival is over")
                })
            try house.edit("gifts.json") { $0 = gifts }
            try house.edit("campaign.json") { $0 = campaign }
            #expect(try await eventually { (try? house.claimable(guest).contains(gift)) ?? false })
        }
    }
}
