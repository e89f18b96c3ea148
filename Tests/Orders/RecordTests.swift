import CampaignFiles
import Catalog
import Testing
import Wire

@testable import Orders

enum Sample {
    /// The catalog that ships, with its placeholders taken for 1.
    static let catalog: Catalog = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            return try CampaignDirectory.load(
                "/\(root)/StaticData/campaigns/spring-festival", allowUnset: true)
        } catch {
            fatalError("\(error)")
        }
    }()

    static func order(_ random: inout SplitMix64) -> Order {
        let gift = catalog.gifts[Int(random.next() % UInt64(catalog.gifts.count))]
        let regions = catalog.games[Int(gift.game)].regions
        let claimedAtMs = Int64(random.next() % (1 << 42))
        return Order(
            id: OrderID(rawValue: random.next()), coupon: random.next(), user: random.next(), gift: gift.slot,
            region: regions[Int(random.next() % UInt64(regions.count))].slot, role: random.next(),
            amount: UInt32(random.next() % 1000) + 1, claimedAtMs: claimedAtMs,
            deadlineMs: claimedAtMs + 2880 * 60_000, epoch: UInt16(truncatingIfNeeded: random.next()))
    }
}

@Suite("Records: what stands in Kafka and in Redis")
struct RecordTests {
    @Test("promise 9: the claim record in Redis and the order record in Kafka each rebuild the other")
    func fieldsLiveTwice() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let order = Sample.order(&random)
            let claim = ClaimRecord.encode(order)
            #expect(claim.count == 43)
            #expect(ClaimRecord.decode(claim, coupon: order.coupon) == order)
            let record = OrderRecord.encode(order, Sample.catalog)
            #expect(try OrderRecord.decode(record, Sample.catalog) == order)
        }
    }

    @Test("the quick reading knows our own spelling, and says nothing else than the JSON reader")
    func quick() throws {
        var random = SplitMix64(seed: 11)
        var quick = 0
        var names: OrderNames?
        for round in 0..<20_000 {
            var order = Sample.order(&random)
            order.attempt = UInt16(truncatingIfNeeded: random.next() as UInt64)
            order.isResend = round % 5 == 0
            var record = OrderRecord.encode(order, Sample.catalog)
            #expect(OrderRecordScan.decode(record, Sample.catalog) == order)
            for _ in 0...Int((random.next() as UInt64) % 2) {
                let at = Int((random.next() as UInt64) % UInt64(record.count))
                switch (random.next() as UInt64) % 4 {
                case 0: record.remove(at: at)
                case 1: record.insert(record[at], at: at)
                case 2: record[at] = record[(at + 7) % record.count]
                default: record[at] = UInt8(truncatingIfNeeded: random.next() as UInt64)
                }
            }
            let scanned = OrderRecordScan.decode(record, Sample.catalog)
            // Whatever the records before it named.
            let remembered = record.withUnsafeBufferPointer {
                OrderRecordScan.decode($0, Sample.catalog, &names)
            }
            #expect(remembered == scanned)
            guard let scanned else { continue }
            quick += 1
            #expect(try OrderRecord.decodeJSON(record, Sample.catalog) == scanned)
        }
        #expect(quick > 100)
    }

    @Test("so does the quick reading of outcomes")
    func quickOutcomes() throws {
        var random = SplitMix64(seed: 12)
        var quick = 0
        for round in 0..<20_000 {
            let order = Sample.order(&random)
            let gift = Sample.catalog.gifts[Int(order.gift)]
            var record = OutcomeRecord(
                order: order.id, coupon: order.coupon, game: Sample.catalog.games[Int(gift.game)].id,
                gift: gift.id, attempt: UInt16(truncatingIfNeeded: random.next() as UInt64),
                outcome: Outcome.allCases[round % Outcome.allCases.count], status: round % 1000,
                atMs: order.claimedAtMs, owner: random.next(),
                reason: ["", "no answer in 1 s", "\"quoted\"", "好"][round % 4]
            ).encode()
            let fact = try record.withUnsafeBytes { try OutcomeFact.decode($0, Sample.catalog) }
            #expect(fact.order == order.id && fact.game == gift.game && fact.atMs == order.claimedAtMs)
            let at = Int((random.next() as UInt64) % UInt64(record.count))
            switch (random.next() as UInt64) % 3 {
            case 0: record.remove(at: at)
            case 1: record[at] = record[(at + 7) % record.count]
            default: record[at] = UInt8(truncatingIfNeeded: random.next() as UInt64)
            }
            let slow = try? OutcomeRecord.decode(record)
            let seen = record.withUnsafeBytes { try? OutcomeFact.decode($0, Sample.catalog) }
            guard let slow, let game = Sample.catalog.game(id: slow.game) else {
                #expect(seen == nil)
                continue
            }
            quick += 1
            let expected = OutcomeFact(
                order: slow.order, outcome: slow.outcome, attempt: slow.attempt, game: game.slot,
                atMs: slow.atMs)
            #expect(seen == expected)
        }
        #expect(quick > 100)
    }

    @Test("what is sent again is marked in Kafka and nowhere else")
    func resend() throws {
        var random = SplitMix64(seed: 6)
        for _ in 0..<50 {
            let order = Sample.order(&random)
            var again = order
            again.isResend = true
            let (plain, marked) = (
                OrderRecord.encode(order, Sample.catalog), OrderRecord.encode(again, Sample.catalog)
            )
            #expect(!String(decoding: plain, as: UTF8.self).contains("resend"))
            #expect(try OrderRecord.decode(marked, Sample.catalog) == again)
            let dead = DeadRecord(
                order: again, outcome: .rejected, reason: "r", status: 422, answer: "", atMs: 5)
            #expect(try DeadRecord.decode(dead.encode(Sample.catalog), Sample.catalog) == dead)
            let off = String(decoding: marked, as: UTF8.self)
                .replacing("\"resend\":true", with: "\"resend\":false")
            #expect(try OrderRecord.decode(Array(off.utf8), Sample.catalog) == order)
            #expect(throws: RecordFault.self) {
                let odd = off.replacing("\"resend\":false", with: "\"resend\":1")
                _ = try OrderRecord.decode(Array(odd.utf8), Sample.catalog)
            }
            #expect(ClaimRecord.encode(again) == ClaimRecord.encode(order))
        }
    }

    @Test("a repeat agrees in the fingerprint's bytes exactly when gift, region and role agree")
    func fingerprint() {
        var random = SplitMix64(seed: 2)
        let order = Sample.order(&random)
        let stored = ClaimRecord.encode(order)[ClaimRecord.fingerprint]
        var other = order
        other.claimedAtMs += 60_000
        other.id = OrderID(rawValue: 9)
        #expect(ClaimRecord.encode(other)[ClaimRecord.fingerprint] == stored)
        other.role += 1
        #expect(ClaimRecord.encode(other)[ClaimRecord.fingerprint] != stored)
        other = order
        other.region ^= 1
        #expect(ClaimRecord.encode(other)[ClaimRecord.fingerprint] != stored)
        other = order
        other.gift ^= 1
        #expect(ClaimRecord.encode(other)[ClaimRecord.fingerprint] != stored)
    }

    @Test(
        "an order record names the field that is wrong",
        arguments: [
            ("\"v\":1", "\"v\":2", "v"), ("\"amount\":1", "\"amount\":0", "amount"),
            ("\"region\"", "\"regoin\"", "region"), ("\"epoch\":1", "\"epoch\":\"1\"", "epoch"),
        ])
    func namesTheField(_ change: (String, String, String)) {
        var random = SplitMix64(seed: 3)
        var order = Sample.order(&random)
        order.amount = 1
        order.epoch = 1
        let text = String(decoding: OrderRecord.encode(order, Sample.catalog), as: UTF8.self)
        let broken = text.replacing(change.0, with: change.1)
        #expect(text != broken)
        do throws(RecordFault) {
            _ = try OrderRecord.decode(Array(broken.utf8), Sample.catalog)
            Issue.record("was read")
        } catch {
            #expect(error.reason.contains(change.2))
        }
    }

    @Test("outcomes, dead letters and control records survive the round trip")
    func roundTrips() throws {
        var random = SplitMix64(seed: 4)
        for outcome in Outcome.allCases {
            let order = Sample.order(&random)
            let line = OutcomeRecord(
                order: order.id, coupon: order.coupon, game: "g", gift: "p", attempt: 3, outcome: outcome,
                status: 503, atMs: 1_790_000_000_000, owner: random.next(), reason: "quote \" and \n newline")
            #expect(try OutcomeRecord.decode(line.encode()) == line)
            let dead = DeadRecord(
                order: order, outcome: outcome, reason: "r", status: 0, answer: "{\"x\":1}", atMs: 5)
            #expect(try DeadRecord.decode(dead.encode(Sample.catalog), Sample.catalog) == dead)
        }
        for record in [
            ControlRecord.lane(lane: 7, owner: 8, atMs: 9),
            .lane(lane: 7, owner: 8, epoch: 65_535, atMs: 9),
            .epoch(epoch: 2, cause: "redis was empty", by: "reconciler", atMs: 1 << 47),
            .resend(plan: "abc", orders: 3, phase: .begun, by: "eve", reason: "because", atMs: 1),
            .resend(plan: "abc", orders: 0, phase: .approved, by: "eve", reason: "looked at", atMs: 1),
            .resend(plan: "abc", orders: 1, phase: .stopped, by: "eve", reason: "because", atMs: 1),
            .stock(act: "a1", gift: "p", add: 100, units: 1 << 40, by: "eve", reason: "\"more\"", atMs: 2),
            .approval(order: OrderID(rawValue: .max), verdict: .approved, by: "eve", reason: "", atMs: 3),
            .approval(order: OrderID(rawValue: 1), verdict: .refused, by: "ann", reason: "no", atMs: 3),
            .settle(batch: "b", gift: "p", phase: .done, by: "eve", reason: "the end", atMs: 4),
            .limit(
                game: nil, perSecond: 0.001, burst: 2, maxConcurrency: nil, by: "eve", reason: "r", atMs: 5),
            .limit(
                game: "g", perSecond: 1e6, burst: 1_000_000, maxConcurrency: 7, by: "e", reason: "", atMs: 5),
            .gate(game: "g", isPaused: true, by: "deliverer", reason: "answered 410", atMs: 6),
            .gate(game: "g", isPaused: false, by: "eve", reason: "it is back", atMs: 7),
            .redrive(batch: "b", orders: 12, phase: .begun, by: "eve", reason: "fixed", atMs: 8),
            .redrive(batch: "b", orders: 0, phase: .done, by: "eve", reason: "fixed", atMs: 9),
            .parked(order: OrderID(rawValue: 5), granted: false, by: "ann", reason: "asked them", atMs: 9),
            .run(run: "1-17", by: "ann", reason: "before the press talk", atMs: 9),
            .parked(order: OrderID(rawValue: .max), granted: true, by: "ann", reason: "\"yes\"", atMs: 9),
        ] {
            #expect(try ControlRecord.decode(record.encode()) == record)
        }
        let poison = PoisonRecord.encode(topic: "t", partition: 1, offset: 2, reason: "r", value: [0xFF, 0])
        #expect(PoisonRecord.isPoison(poison))
    }

    @Test("a held order's record holds the order and the rules that it met")
    func held() throws {
        var random = SplitMix64(seed: 6)
        for risk in [[], ["device"], ["device", "account \"age\""]] {
            let record = HeldRecord(order: Sample.order(&random), risk: risk)
            #expect(try HeldRecord.decode(record.encode(Sample.catalog), Sample.catalog) == record)
        }
        let order = Sample.order(&random)
        #expect(throws: RecordFault.self) {
            try HeldRecord.decode(OrderRecord.encode(order, Sample.catalog), Sample.catalog)
        }
    }

    @Test("counts for the quotas: the last day's, whatever the order of the orders, and never beyond the top")
    func quotaCounts() throws {
        var record = QuotaRecord()
        for (gift, day) in [(3, 20_001), (3, 20_000), (500, 20_001), (3, 20_002), (3, 20_001)] {
            record.add(gift: UInt16(gift), day: UInt16(day))
        }
        #expect(record.total == 5 && record.day == 20_002 && record.inDay == 1)
        #expect(record.count(of: 3) == 4 && record.count(of: 500) == 1 && record.count(of: 4) == 0)
        #expect(record.encode().count == 6 + 2 * 3)
        #expect(QuotaRecord.decode(record.encode()) == record)
        #expect(QuotaRecord.decode([0, 1, 2]) == nil)
        for _ in 0..<70_000 { record.add(gift: 3, day: 20_002) }
        #expect(record.total == .max && record.inDay == .max && record.count(of: 3) == .max)
        let midnightUTC: Int64 = 20_000 * 86_400_000
        #expect(QuotaRecord.day(atMs: midnightUTC, offsetMinutes: 0) == 20_000)
        #expect(QuotaRecord.day(atMs: midnightUTC - 1, offsetMinutes: 0) == 19_999)
        #expect(QuotaRecord.day(atMs: midnightUTC + 16 * 3_600_000, offsetMinutes: 480) == 20_001)
    }

    @Test("fuzz: a damaged record is refused or read, never a crash")
    func damage() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<4_000 {
            let order = Sample.order(&random)
            var bytes = OrderRecord.encode(order, Sample.catalog)
            for _ in 0..<(1 + random.next() % 4) {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: at)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
                }
            }
            _ = try? OrderRecord.decode(bytes, Sample.catalog)
            _ = try? OutcomeRecord.decode(bytes)
            _ = try? DeadRecord.decode(bytes, Sample.catalog)
            _ = try? ControlRecord.decode(bytes)
            _ = try? HeldRecord.decode(bytes, Sample.catalog)
            _ = QuotaRecord.decode(bytes)
            _ = ClaimRecord.decode(bytes, coupon: 1)
        }
    }
}
