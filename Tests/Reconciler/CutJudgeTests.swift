import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("A cut is judged shard by shard")
struct CutJudgeTests {
    /// What one judge says of all orders at once.
    private static func whole(_ facts: Reconciliation) throws -> Cut {
        var facts = facts
        var judge = CutJudge(ReconcilerFixture.catalog, atMs: 10_000, tooYoungMs: 0)
        try judge.take(judge.judge(&facts, most: 0))
        return try judge.end(judge.aside)
    }

    @Test("in parts, with some set aside, it comes to the same", arguments: 0..<40)
    func parts(seed: Int) async throws {
        let world = FaultyWorld(seed: seed)
        let facts = await world.read()
        let expected = try Self.whole(facts)
        var judge = CutJudge(ReconcilerFixture.catalog, atMs: 10_000, tooYoungMs: 0)
        var left = facts
        // A few orders of the same cut that wait, whatever they are.
        var random = SplitMix64(seed: UInt64(seed) &+ 77)
        var aside = Reconciliation()
        let some = facts.facts.ids().filter { _ in (random.next() as UInt64) % 4 == 0 }
        left.setAside(some, in: &aside)
        var shard = judge.judge(&left, most: 1 << 20)
        try judge.take(shard)
        shard = judge.judge(&aside, most: 0)
        #expect(throws: Never.self) { try judge.take(shard) }
        let cut = try judge.end(judge.aside)
        #expect(cut.verdict == expected.verdict)
        #expect(cut.tally.classes == expected.tally.classes && cut.tally.gifts == expected.tally.gifts)
    }

    @Test("a coupon of an order that was set aside is counted once")
    func coupons() throws {
        let catalog = ReconcilerFixture.catalog
        var facts = Reconciliation()
        let first = ReconcilerFixture.order(1)
        var second = ReconcilerFixture.order(2)
        second.coupon = first.coupon
        facts.claimed(first, game: 0)
        facts.claimed(second, game: 0)
        facts.cameOut(first.id, .voided, attempt: 0, game: 0)
        facts.stands(first.id, .voided, hasLapsed: false)
        // Told in two ways: looked at once more.
        facts.cameOut(second.id, .granted, attempt: 1, game: 0)
        facts.stands(second.id, .rejected, hasLapsed: false)
        facts.unnamed(OrderID(rawValue: 0), .none)
        facts.numbersWereRead()
        #expect(facts.disputed == [second.id])
        var judge = CutJudge(catalog, atMs: 10_000, tooYoungMs: 0)
        try judge.take(judge.judge(&facts, most: 10))
        #expect(judge.aside.facts.ids() == [second.id] && facts.facts.ids() == [first.id])
        let tally = try judge.end(judge.aside).tally
        #expect(tally.seen == 1 && tally.spent == 1 && tally.living == 1)
    }

    @Test("classes that do not add up void the run")
    func broken() throws {
        var facts = Reconciliation()
        facts.claimed(ReconcilerFixture.order(1), game: 0)
        var judge = CutJudge(ReconcilerFixture.catalog, atMs: 10_000, tooYoungMs: 0)
        let shard = judge.judge(&facts, most: 0)
        try judge.take(shard)
        var more = Reconciliation()
        more.numbersWereRead()
        more.claimed(ReconcilerFixture.order(OrderID(lane: 3, shard: 0, sequence: 7).rawValue), game: 0)
        // Seven numbers below it that nobody has told of.
        let other = judge.judge(&more, most: 0)
        try judge.take(other)
        #expect(throws: ReconcilerFault.self) { try judge.end(judge.aside) }
    }
}
