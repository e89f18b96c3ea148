import Catalog
import Testing
import Wire

@testable import Orders

@Suite("The ledger and the store's places")
struct LedgerTests {
    @Test("promise 3: the classes add up, and a missing order breaks the balance, not the sum")
    func equation() {
        var ledger = Ledger(accepted: 10)
        ledger[.delivered] = 6
        ledger[.rejected] = 1
        ledger[.queued] = 2
        #expect(!ledger.addsUp && !ledger.balances)
        ledger[.missing] = 1
        #expect(ledger.addsUp && !ledger.balances)
        ledger[.missing] = 0
        ledger[.parked] = 1
        #expect(ledger.addsUp && ledger.balances)
        #expect(ledger.open == 3 && ledger.closed == 7)
    }

    @Test("promise 3: any history of orders through the machine stands in exactly one class")
    func histories() {
        var random = SplitMix64(seed: 21)
        for _ in 0..<200 {
            var ledger = Ledger()
            for _ in 0..<50 {
                var state = OrderState.outbox
                for _ in 0..<(random.next() % 12) {
                    let event = OrderEvent.allCases[Int(random.next() % UInt64(OrderEvent.allCases.count))]
                    state = state.after(event) ?? state
                }
                ledger.accepted += 1
                if let place = state.ledgerClass { ledger[place] += 1 }
            }
            #expect(ledger.balances)
        }
    }

    @Test("places of people are frozen: named hashes with known values")
    func places() {
        let keys = StoreKeys(campaign: "c", shards: 16, buckets: 256)
        let hash: UInt64 = 0x910A_2DEC_8902_5CC1
        #expect(splitMix64(1) == hash)
        #expect(keys.shard(user: 1) == UInt16(hash % 16))
        #expect(keys.bucket(user: 1) == Int((hash >> 32) % 256))
        #expect(String(decoding: keys.claims(user: 1), as: UTF8.self) == "{c:1}:c:236")
        let order = OrderID(lane: 9, shard: 3, sequence: 4097)
        #expect(String(decoding: keys.states(order), as: UTF8.self) == "{c:3}:s:9:1")
    }

    @Test("topics: one of orders and one of retries a game, and the four of the campaign")
    func topics() {
        let specs = Topics(campaign: "spring-festival").all(Sample.catalog)
        #expect(specs.count == Sample.catalog.games.count * 2 + 4)
        #expect(Set(specs.map(\.name)).count == specs.count)
        #expect(specs.contains(.init(name: "spring-festival.control", partitions: 1)))
    }
}
