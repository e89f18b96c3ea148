import Catalog
import Profiles
import Stack
import Testing
import Wire

@testable import Simulator

/// The landing page in a headless browser, against the running stack, which all of them share.
@Suite("Landing page", .serialized, .landingHouse)
enum Landing {}

extension Landing {
    @Suite("Visits") struct Visits {
        private let house: LandingHouse

        init() throws {
            house = try #require(LandingHouse.current)
        }

        private func isPlayer(_ games: [GameProfile]) -> Bool { games.count >= 3 }

        private func slot(_ game: String) throws -> UInt8 { try #require(house.catalog.game(id: game)).slot }

        @Test("the list stands in the order in which the service gives it, with names, pictures and actions")
        func list() async throws {
            let guest = try await house.guest(where: isPlayer)
            let visit = try house.visit(house.book.link(guest))
            let before = try house.list(guest).map(\.id)
            try visit.waitForList()
            let shown = try visit.gifts()
            // Scores move with time; the page asked between these two.
            let after = try house.list(guest).map(\.id)
            #expect(shown == before || shown == after)
            #expect(shown.count == house.catalog.gifts.count)
            #expect(try visit.text("#title") == "Spring Festival Red Packets")
            let free = try visit.strings(
                """
                [...document.querySelectorAll('.gift.is-free button')]
                    .map((button) => button.closest('li').dataset.gift)
                """)
            #expect(Set(free) == Set(try house.list(guest).filter(\.isClaimable).map(\.id)))
            let first = try #require(free.first)
            let gift = try #require(house.catalog.gift(id: first))
            let game = house.catalog.games[Int(gift.game)].name.en
            #expect(try visit.text("[data-gift=\"\(first)\"] .gift-game").contains(game))
            #expect(try visit.text("[data-gift=\"\(first)\"] h3") == gift.title.en)
            // Ticket and coupon are nowhere to be seen or sent any more, and still known to the tab.
            #expect(try visit.string("location.hash + location.search").isEmpty)
            try visit.page.reload()
            try visit.waitForList()
            #expect(visit.page.complaints.isEmpty)
        }

        @Test("with the keyboard alone: choose, escape, choose again, confirm, follow until it is delivered")
        func keyboard() async throws {
            let guest = try await house.guest { games in
                isPlayer(games) && games.allSatisfy { $0.roles.count > 1 }
            }
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            let gift = try #require(try house.claimable(guest).first)
            let button = "at.closest('[data-gift]')?.dataset.gift === '\(gift)'"
            try visit.tab(to: button)
            try visit.page.press(.enter)
            try visit.page.wait(for: "document.querySelector('dialog').open")
            try visit.page.press(.escape)
            try visit.page.wait(for: "!document.querySelector('dialog').open")
            try visit.page.wait(for: "((at) => \(button))(document.activeElement)")

            try visit.page.press(.enter)
            try visit.page.wait(for: "document.activeElement.name === 'role'")
            // Nobody is chosen where there is a choice, and without one nothing is sent.
            try visit.tab(to: "at.id === 'sheet-yes'")
            try visit.page.press(.enter)
            try visit.waitForText("#sheet-fault", "Choose the role")
            try visit.page.wait(for: "document.activeElement.name === 'role'")
            try visit.page.press(.arrowDown)
            try visit.page.wait(for: "document.querySelectorAll('dialog input')[1].checked")
            try visit.tab(to: "at.id === 'sheet-yes'")
            try visit.page.press(.enter)

            try visit.waitForOrder("state", "delivered")
            try visit.waitForText("#order-title", "Delivered!")
            #expect(try visit.string("document.activeElement.id") == "order-title")
            #expect(try visit.text("#said").contains("Delivered!"))
            let order = try visit.order()
            #expect(try house.state(of: order, guest) == .string("delivered"))
            #expect(try !visit.holds("document.querySelector('.gift.is-free button')"))
            #expect(visit.page.complaints.isEmpty)

            try visit.page.reload()
            try visit.waitForOrder("state", "delivered")
            #expect(try visit.order() == order)
            #expect(try visit.text("[data-gift=\"\(gift)\"] .seal") == "Yours")
        }

        @Test("it speaks the browser's language at first, then the chosen one, and remembers it")
        func language() async throws {
            let guest = try await house.guest(where: isPlayer)
            let visit = try house.visit(house.book.link(guest), language: "zh-CN")
            try visit.waitForList()
            #expect(try visit.string("document.documentElement.lang") == "zh-CN")
            #expect(try visit.text("#title") == "新春红包")
            try visit.waitForText("#gifts-title", "为你准备的礼包")
            try visit.tab(to: "at.id === 'tongue'")
            try visit.page.press(.space)
            try visit.waitForText("#title", "Spring Festival Red Packets")
            #expect(try visit.string("document.documentElement.lang") == "en")
            #expect(try visit.string("document.activeElement.id") == "tongue")
            try visit.page.reload()
            try visit.waitForText("#title", "Spring Festival Red Packets")
            #expect(try visit.string("document.getElementById('tongue').lang") == "zh-CN")
        }

        @Test("each reason has its words")
        func reasons() async throws {
            let (dragon, lantern) = (try slot("dragon-tide"), try slot("lantern-legends"))
            let opensAtS = house.catalog.campaign.opensAtMs / 1000
            let guest = try await house.guest { games in
                games.contains { $0.game == dragon && Int64($0.registeredAtS) < opensAtS }
                    && games.contains { $0.game == lantern && Int64($0.registeredAtS) >= opensAtS }
                    && games.count < 4
            }
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            #expect(
                try visit.reason("dragon-hatchling-welcome")
                    == "Only for newcomers, and you already play Dragon Tide.")
            #expect(
                try visit.reason("lantern-keeper-oil")
                    == "Only for those who played Lantern Legends before the festival.")
            let stranger = try #require(try house.list(guest).first { $0.reason == "no_role" }).id
            #expect(try visit.reason(stranger).contains("Register in the game"))
            #expect(try visit.text("[data-gift=\"\(stranger)\"] button") == "I have just registered")

            // Another coupon's holder, whose time has passed.
            let late = try await house.guest(.expiredCoupon, where: isPlayer)
            let second = try house.visit(house.book.link(late))
            try second.waitForList()
            try second.claim(try #require(try house.claimable(late).first))
            try second.waitForText("#order-title", "Coupon expired")
        }

        @Test("without papers, and with papers that are no good, it says how to come in")
        func papers() async throws {
            let base = "\(house.house.plan.recommendURL)/landing/"
            let nobody = try house.visit(base)
            try nobody.waitForText("#ticket-title", "Open your red packet first")
            let forger = try house.visit("\(base)#ticket=not.a.ticket&coupon=AAAA")
            try forger.waitForText(".trouble", "This link is no longer valid")
            // The old address leads here, and what stands behind # comes along.
            let guest = try await house.guest(where: isPlayer)
            let old = try house.visit(
                house.book.link(guest).split(separator: "/landing/", maxSplits: 1).joined(separator: "/"))
            try old.waitForList()
            #expect(try old.string("location.pathname") == "/landing/")
        }

        @Test("targets are large, everything has a name, and nothing is cut off at 320 px")
        func form() async throws {
            let guest = try await house.guest(where: isPlayer)
            let visit = try house.visit(house.book.link(guest))
            try visit.waitForList()
            for (width, tongue) in [(390, "en"), (320, "en"), (320, "zh-CN"), (1200, "zh-CN")] {
                try visit.page.resize(width: width, height: 844)
                if try visit.string("document.documentElement.lang") != tongue { try visit.click("#tongue") }
                #expect(
                    try visit.holds("document.documentElement.scrollWidth <= innerWidth"),
                    "\(width) \(tongue)")
                let small = try visit.strings(
                    """
                    [...document.querySelectorAll("button")].filter((one) => {
                      const box = one.getBoundingClientRect();
                      return box.width > 0 && (box.height < 44 || box.width < 44);
                    }).map((one) => one.outerHTML)
                    """)
                #expect(small.isEmpty, "\(width) \(tongue)")
            }
            #expect(try !visit.holds("document.querySelector('img:not([alt])')"))
            let nameless = try visit.strings(
                """
                [...document.querySelectorAll("main button, header button")]
                  .filter((one) => !(one.getAttribute("aria-label") ?? one.textContent).trim())
                  .map((one) => one.outerHTML)
                """)
            #expect(nameless.isEmpty)
            #expect(visit.page.complaints.isEmpty)
        }
    }
}
