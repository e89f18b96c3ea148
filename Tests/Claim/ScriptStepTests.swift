import OrderStore
import Orders
import Testing

@testable import Claim

@Suite("What follows from the script's decision")
struct ScriptStepTests {
    private let order = ClaimFixture.order()
    private let id = OrderID(lane: 9, shard: 1, sequence: 4)

    private func step(_ decision: ClaimDecision, refusal: ClaimProblem? = nil, tries: UInt8 = 1) -> ScriptStep
    {
        ScriptStep.after(decision, order: order, refusal: refusal, tries: tries)
    }

    @Test("accepted: to Kafka, under the script's number")
    func accepted() {
        var expected = order
        expected.id = id
        expected.amount = 12
        #expect(step(.accepted(id, amount: 12)) == .produce(expected))
    }

    @Test("promise 1: a stored order goes before any refusal")
    func storedFirst() {
        var stored = order
        stored.id = id
        for refusal in [nil, ClaimProblem.soldOut, .couponExpired, .refused(.over), .eligibilityUnknown] {
            #expect(step(.stored(stored, inOutbox: false), refusal: refusal) == .tellState(id))
            #expect(step(.stored(stored, inOutbox: true), refusal: refusal) == .awaitQueue(id))
        }
        #expect(step(.notStored, refusal: .couponExpired) == .answer(.couponExpired))
    }

    @Test("the same coupon with another body is told apart")
    func otherBody() {
        for other in [
            ClaimFixture.order(gift: 0, id: id.rawValue), ClaimFixture.order(region: 1, id: id.rawValue),
            ClaimFixture.order(role: 78, id: id.rawValue),
        ] {
            #expect(step(.stored(other, inOutbox: false)) == .answer(.couponSpent))
            #expect(step(.stored(other, inOutbox: true)) == .answer(.couponSpent))
        }
    }

    @Test("a person's share is used up: which one is told")
    func quotas() {
        for (quota, name) in [(Quota.person, "person"), (.gift, "gift"), (.day, "day")] {
            #expect(step(.overQuota(quota)) == .answer(.overQuota(quota)))
            let problem = ClaimProblem.overQuota(quota)
            #expect(problem.status == 409 && problem.slug == "over-quota" && problem.reason == name)
        }
    }

    @Test("no stock: a draw, but not for ever")
    func stock() {
        #expect(step(.noStock) == .drawStock)
        #expect(step(.noStock, tries: PendingClaim.maxTries) == .answer(.stockBusy))
        #expect(step(.outboxFull) == .answer(.outboxFull))
    }
}
