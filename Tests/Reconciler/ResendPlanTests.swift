import Orders
import Testing
import Wire

@testable import Reconciler

/// Resend plans: what was looked at is what is applied.
@Suite struct ResendPlanTests {
    static let catalog = ReconcilerFixture.catalog

    static func entry(_ id: UInt64, _ reason: MissingReason = .passedOver, game: UInt16 = 0)
        -> ResendPlan.Entry
    {
        .init(order: ReconcilerFixture.order(id, game: game), reason: reason)
    }

    static func plan(_ entries: [ResendPlan.Entry], cutAtMs: Int64 = 5_000) -> ResendPlan {
        ResendPlan(campaign: "test", cutAtMs: cutAtMs, entries: entries)
    }

    @Test func theChecksumDoesNotKnowTheOrderOfTheList() {
        let entries = [Self.entry(9), Self.entry(3, game: 1), Self.entry(7, .neverQueued)]
        let sum = Self.plan(entries).checksum(Self.catalog)
        #expect(sum.utf8.count == 64)
        #expect(Self.plan(entries.reversed()).checksum(Self.catalog) == sum)
        #expect(Self.plan(entries + [entries[1]]).checksum(Self.catalog) == sum)
    }

    @Test func theChecksumChangesWithTheContent() {
        let base = [Self.entry(9), Self.entry(3)]
        var sums: Set<String> = [Self.plan(base).checksum(Self.catalog)]
        sums.insert(Self.plan([base[0]]).checksum(Self.catalog))
        sums.insert(Self.plan(base + [Self.entry(4)]).checksum(Self.catalog))
        sums.insert(Self.plan(base, cutAtMs: 5_001).checksum(Self.catalog))
        sums.insert(Self.plan([Self.entry(9), Self.entry(3, .unknownLost)]).checksum(Self.catalog))
        var other = base
        other[0].order.role = 8
        sums.insert(Self.plan(other).checksum(Self.catalog))
        other = base
        other[0].asksFirst = true
        sums.insert(Self.plan(other).checksum(Self.catalog))
        #expect(sums.count == 7)
    }

    @Test func whatIsWrittenIsRead() throws {
        var entries = [Self.entry(9), Self.entry(3, game: 1), Self.entry(7, .neverQueued)]
        entries[1].asksFirst = true
        let plan = Self.plan(entries)
        let (read, sum) = try ResendPlan.decode(plan.encode(Self.catalog), Self.catalog)
        #expect(read == plan)
        #expect(sum == plan.checksum(Self.catalog))
        let summary = try ResendPlan.summary(plan.encode(Self.catalog))
        #expect(summary.orders == 3)
        #expect(summary.lines.map(\.game) == ["dragon", "lantern"])
        #expect(summary.lines.map(\.orders) == [2, 1])
        #expect(summary.reasons == ["passed_over": 2, "never_queued": 1])
        let empty = Self.plan([])
        #expect(try ResendPlan.decode(empty.encode(Self.catalog), Self.catalog).plan == empty)
    }

    @Test("one person may send so many orders, worth so much, and no more")
    func secondPeople() throws {
        func settings(_ orders: Int, _ value: Int) -> ResendSettings {
            ResendSettings(perSecond: 1, ordersAlone: orders, valueAlone: value)
        }
        var entries = [Self.entry(9), Self.entry(3, game: 1), Self.entry(7)]
        // A lamp is worth 40, and the amount counts.
        entries[1].order.amount = 3
        let plan = Self.plan(entries)
        #expect(plan.value(Self.catalog) == 120)
        #expect(plan.needsSecond(settings(3, 120), Self.catalog) == nil)
        #expect(plan.needsSecond(settings(2, 120), Self.catalog)?.contains("3 orders") == true)
        #expect(plan.needsSecond(settings(3, 119), Self.catalog)?.contains("120") == true)
        entries[1].order.amount = .max
        #expect(Self.plan(entries).value(Self.catalog) == 40 * Int(UInt32.max))
        for same in ["mei", "Mei", " mei ", "m ei"] { #expect(ResendRun.isSamePerson("mei", same)) }
        for other in ["lin", "mei2", ""] { #expect(!ResendRun.isSamePerson("mei", other)) }
    }

    @Test func aChangedPlanIsRefused() throws {
        let text = String(decoding: Self.plan([Self.entry(9)]).encode(Self.catalog), as: UTF8.self)
        for (from, to) in [
            (#""role":"7""#, #""role":"8""#), (#""cut_at":5000"#, #""cut_at":5001"#),
            ("passed_over", "retry_lost"), (#""asks_first":[]"#, #""asks_first":["0000000000009"]"#),
            (#""campaign":"test""#, #""campaign":"other""#),
            (#""gift":"hello""#, #""gift":"nothing""#), (#""v":1,"campaign""#, #""v":2,"campaign""#),
        ] {
            #expect(text.contains(from))
            let parts = text.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
            let changed = Array("\(parts[0])\(to)\(parts[1])".utf8)
            #expect(throws: ResendPlan.Fault.self, "\(from)") {
                try ResendPlan.decode(changed, Self.catalog)
            }
        }
    }

    @Test(arguments: 0..<50) func damagedPlansAreRefusedWithoutACrash(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let whole = Self.plan([Self.entry(9), Self.entry(12)]).encode(Self.catalog)
        for _ in 0..<20 {
            var bytes = whole
            for _ in 0...random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            guard let (plan, _) = try? ResendPlan.decode(bytes, Self.catalog) else { continue }
            // Only what says the same is let through: blanks, the case of a letter, counts that nobody uses.
            #expect(
                plan.checksum(Self.catalog)
                    == Self.plan([Self.entry(9), Self.entry(12)]).checksum(Self.catalog))
        }
    }
}
