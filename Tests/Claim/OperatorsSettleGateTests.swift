import Catalog
import Operators
import Orders
import Profiles
import Testing

@testable import Claim

@Suite("Who is settled with what")
struct OperatorsSettleGateTests {
    private func refusal(_ id: String, atMs: Int64) -> OperatorProblem? {
        do throws(OperatorProblem) {
            _ = try SettleDesk.gift(id, ClaimFixture.catalog, nowMs: atMs)
            return nil
        } catch {
            return error
        }
    }

    @Test("only while the campaign is being settled, and the problem says in which phase it is")
    func phases() {
        let (opens, closes) = (ClaimFixture.opensAtMs, ClaimFixture.closesAtMs)
        let ends = closes + 86_400_000
        #expect(refusal("lamp", atMs: opens - 1)?.state == "not_yet")
        #expect(refusal("lamp", atMs: closes - 1)?.state == "open")
        #expect(refusal("lamp", atMs: closes) == nil)
        #expect(refusal("lamp", atMs: ends - 1) == nil)
        #expect(refusal("lamp", atMs: ends)?.state == "over")
        #expect(refusal("lamp", atMs: ends)?.status == 409)
    }

    @Test("a gift that is not there is named as the field at fault")
    func unknownGift() {
        let problem = refusal("nothing", atMs: ClaimFixture.closesAtMs)
        #expect(problem?.status == 404 && problem?.field == "gift")
    }

    @Test("the holder's first role in the game; the audience counts as for a claim; unknown is not guessed")
    func standing() {
        let catalog = ClaimFixture.catalog
        let lamp = catalog.gifts[2]
        let before = ClaimFixture.profile()
        let since = ClaimFixture.profile(registeredAtMs: ClaimFixture.opensAtMs + 1000)
        #expect(SettleStanding(before, lamp, catalog) == .role(Role(region: 0, id: ClaimFixture.role)))
        #expect(SettleStanding(before, catalog.gifts[0], catalog) == .refused(.notNewcomer))
        #expect(SettleStanding(since, catalog.gifts[1], catalog) == .refused(.notPlayer))
        #expect(SettleStanding(ClaimFixture.profile(known: 1), lamp, catalog) == .unknown)
        let nobody = Profile(user: 1, known: 3, games: [], fetchedAtS: 0)
        #expect(SettleStanding(nobody, lamp, catalog) == .refused(.noRole))
    }
}
