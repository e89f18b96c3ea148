import Catalog
import Credentials
import Orders
import Testing

@testable import Simulator

@Suite struct PersonScriptTests {
    private let world: RoleWorld
    private let order = OrderID(lane: 1, shard: 1, sequence: 1)
    private let user: UInt64 = 12

    init() throws {
        world = RoleWorld(seed: 2, catalog: try FestivalCatalog.load())
    }

    private func script(_ part: PersonPart, repeats: Bool = false, spends: Bool = false) -> PersonScript {
        PersonScript(
            Person(
                user: user, part: part, ticket: .hs256, couponKind: 0, couponSerial: 1, repeatsClaim: repeats,
                spendsAgain: spends, isPreloaded: true, seed: 3))
    }

    private func gift(_ id: String, _ claimable: ListedGift.Claimable = .yes) -> ListedGift {
        ListedGift(
            id: id, game: "dragon-tide", claimable: claimable, places: [.init(region: "east", role: "7")])
    }

    private func claim(_ action: PersonScript.Action) -> PersonScript.Draft? {
        if case .claim(let draft) = action { draft } else { nil }
    }

    @Test func listClaimDone() {
        var script = script(.claims)
        let draft = claim(script.listed([gift("dragon-tide-chest"), gift("golden-dragon", .no)], world))
        #expect(draft == PersonScript.Draft(gift: "dragon-tide-chest", region: "east", role: "7"))
        let (verdict, next) = script.claimed(status: 202, order: order, world)
        #expect(verdict == .accepted && next == .done)
        #expect(script.order == order)
    }

    @Test("promise 1: a repeat must give the same order")
    func repeats() {
        for (status, again, isRight) in [
            (200, order, true), (200, OrderID(rawValue: 5), false), (202, order, false), (409, order, false),
        ] {
            var script = script(.claims, repeats: true)
            let first = claim(script.listed([gift("dragon-tide-chest")], world))
            let (_, next) = script.claimed(status: 202, order: order, world)
            #expect(claim(next) == first)
            let (verdict, end) = script.claimed(status: status, order: again, world)
            #expect((verdict == .repeated) == isRight)
            #expect(end == .done)
        }
    }

    @Test func aSpentCouponIsTriedOnAnotherPack() {
        var script = script(.claims, spends: true)
        let gifts = [gift("dragon-tide-chest"), gift("dragon-captain-return")]
        let first = claim(script.listed(gifts, world))
        let (_, next) = script.claimed(status: 202, order: order, world)
        #expect(claim(next)?.gift != first?.gift && claim(next) != nil)
        #expect(script.claimed(status: 409, order: nil, world) == (.refused, .done))
    }

    @Test func aSpentCouponThatBuysMoreIsWrong() {
        var script = script(.claims, spends: true)
        _ = script.listed([gift("dragon-tide-chest"), gift("dragon-captain-return")], world)
        _ = script.claimed(status: 202, order: order, world)
        let (verdict, _) = script.claimed(status: 202, order: OrderID(rawValue: 9), world)
        #expect(verdict == .wrong("spent coupon: 202"))
    }

    @Test func whoComesTooLateForAScarcePackTakesAnother() throws {
        let robe = try #require(world.catalog.gift(id: "lantern-festival-robe"))
        var script = script(.contends(gift: robe.slot))
        let first = claim(script.listed([gift("dragon-tide-chest"), gift(robe.id)], world))
        #expect(first?.gift == robe.id)
        let (verdict, next) = script.claimed(status: 409, order: nil, world)
        #expect(verdict == .soldOut)
        #expect(claim(next)?.gift == "dragon-tide-chest")
        #expect(script.claimed(status: 202, order: order, world).0 == .accepted)
    }

    @Test func anUnknownStandingIsAskedForAgainButNotForEver() {
        var script = script(.claims)
        var asked = 1
        while script.listed([gift("dragon-tide-chest", .unknown)], world) == .listLater { asked += 1 }
        #expect(asked == PersonScript.maxLists)
    }

    @Test func aWrongRoleIsNotTheListedOne() {
        var script = script(.wrongRegion)
        #expect(claim(script.listed([gift("dragon-tide-chest")], world))?.role == "8")
        #expect(script.claimed(status: 403, order: nil, world) == (.refused, .done))
    }

    @Test func aRefusalOfTheWrongKindIsNoted() {
        var script = script(.expiredCoupon)
        _ = script.listed([gift("dragon-tide-chest")], world)
        #expect(script.claimed(status: 403, order: nil, world) == (.wrong("expired_coupon: 403"), .done))
    }

    @Test func aBadTicketClaimsWithoutAList() {
        var script = script(.badTicket)
        #expect(claim(script.listRefused(world)) != nil)
        #expect(script.claimed(status: 401, order: nil, world) == (.refused, .done))
        var honest = self.script(.claims)
        #expect(honest.listRefused(world) == .done)
    }
}
