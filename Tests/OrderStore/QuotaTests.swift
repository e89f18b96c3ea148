import Catalog
import OrderStore
import Orders
import Redis
import Testing
import Wire

@Suite("Quotas in Redis", .serialized)
struct QuotaTests {
    private func entry(_ fixture: Fixture, _ coupon: UInt64, gift: UInt16 = 0) -> ClaimEntry {
        ClaimEntry(order: fixture.order(coupon, gift: gift), mode: .claim)
    }

    private let stock = (0..<4).map { StockCredit(gift: $0, drawnEver: 1_000) }

    @Test("a person has so many orders, of a gift so many, on a day so many; a stored one is told of first")
    func limits() async throws {
        try await Fixture.with { fixture in
            let quotas = Quotas(perPerson: 5, perPersonGift: 2, perPersonDay: 4, dayOffsetMinutes: 480)
            let claims = [(1, 0), (2, 0), (3, 0), (1, 0), (4, 1), (5, 1), (6, 2), (7, 0)]
            let decisions = try await fixture.decide(
                claims.map { entry(fixture, UInt64($0.0), gift: UInt16($0.1)) }, first: 0, credits: stock,
                quotas: quotas)
            let told = decisions.map { decision in
                switch decision {
                case .accepted: "accepted"
                case .stored: "stored"
                case .overQuota(let quota): "\(quota)"
                default: "\(decision)"
                }
            }
            #expect(
                told == ["accepted", "accepted", "gift", "stored", "accepted", "accepted", "day", "gift"])
            // Another day: one more, and then the campaign's own limit.
            let next = Quotas(perPerson: 5, perPersonGift: 2, perPersonDay: 4, dayOffsetMinutes: -1439)
            let later = Quotas(perPerson: 5, perPersonGift: 2, perPersonDay: 4, dayOffsetMinutes: 1439)
            let first = try await fixture.decide([entry(fixture, 10, gift: 2)], first: 10, quotas: next)
            #expect(first.map(\.isAccepted) == [true])
            let second = try await fixture.decide([entry(fixture, 11, gift: 2)], first: 11, quotas: later)
            #expect(second == [.overQuota(.person)])
        }
    }

    @Test("where no order was taken none is counted, and where there are no quotas nothing is written")
    func counts() async throws {
        try await Fixture.with { fixture in
            let user: UInt64 = 1
            let quotas = Quotas(perPerson: 1)
            #expect(
                try await fixture.decide([entry(fixture, 1, gift: 3)], first: 0, quotas: quotas) == [.noStock]
            )
            #expect(
                try await fixture.decide(
                    [entry(fixture, 1)], first: 0, outboxMax: 0, credits: stock, quotas: quotas)
                    == [.outboxFull])
            let free = try await fixture.decide([entry(fixture, 1)], first: 0)
            #expect(free.map(\.isAccepted) == [true])
            var command = RedisCommand("EXISTS")
            command.add(fixture.store.keys.quotas(user: user))
            #expect(try await fixture.store.redis.send(command).integer == 0)
            let counted = try await fixture.decide([entry(fixture, 2)], first: 1, quotas: quotas)
            #expect(counted.map(\.isAccepted) == [true])
            #expect(
                try await fixture.decide([entry(fixture, 3)], first: 2, quotas: quotas)
                    == [.overQuota(.person)])
        }
    }

    @Test("the script's counts are those that a rebuild makes from the orders")
    func sameBytes() async throws {
        try await Fixture.with { fixture in
            var random = SplitMix64(seed: 11)
            var record = QuotaRecord()
            let quotas = Quotas(perPerson: 60_000, perPersonGift: 250, dayOffsetMinutes: 480)
            let day = QuotaRecord.day(atMs: try await fixture.nowMs(), offsetMinutes: 480)
            for batch in 0..<6 {
                let gifts = (0..<20).map { _ in UInt16(random.next() % 4) }
                let entries = gifts.enumerated().map { index, gift in
                    entry(fixture, UInt64(batch * 20 + index + 1), gift: gift)
                }
                let decisions = try await fixture.decide(
                    entries, first: UInt32(batch * 20), credits: stock, quotas: quotas)
                #expect(decisions.allSatisfy { $0.isAccepted })
                for gift in gifts { record.add(gift: gift, day: day) }
            }
            var command = RedisCommand("HGET")
            command.add(fixture.store.keys.quotas(user: 1))
            command.add(UInt64(1).bigEndianBytes)
            let bytes = try #require(try await fixture.store.redis.send(command).bytes)
            let after = QuotaRecord.day(atMs: try await fixture.nowMs(), offsetMinutes: 480)
            // At midnight the day's count begins anew, as it should.
            if after == day { #expect(QuotaRecord.decode(bytes) == record) }
            #expect(QuotaRecord.decode(bytes)?.total == 120)
        }
    }
}

extension ClaimDecision {
    var isAccepted: Bool { if case .accepted = self { true } else { false } }
}
