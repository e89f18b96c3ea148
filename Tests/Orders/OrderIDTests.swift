import Testing
import Wire

@testable import Orders

@Suite("Order IDs")
struct OrderIDTests {
    @Test("packs lane, shard and sequence, and shows 13 characters of Crockford base 32")
    func packing() throws {
        let id = OrderID(lane: 0xDEAD_BEEF, shard: 1023, sequence: 4_194_303)
        #expect(id.rawValue == 0xDEAD_BEEF_FFFF_FFFF)
        #expect((id.lane, id.shard, id.sequence) == (0xDEAD_BEEF, 1023, 4_194_303))
        #expect(id.text.utf8.count == 13)
        #expect(OrderID(text: id.text) == id)
        #expect(OrderID(text: id.text.lowercased()) == id)
        #expect(OrderID(bytes: id.bytes) == id)
        #expect(OrderID(lane: 0, shard: 0, sequence: 1).text == "0000000000001")
    }

    @Test(
        "text that is not an order ID is refused",
        arguments: ["", "0", "00000000000000", "000000000000U", "Z000000000000"])
    func refusedText(_ text: String) {
        #expect(OrderID(text: text) == nil)
    }

    @Test("promise 2: distinct lanes, shards and sequences give distinct IDs, in that order of weight")
    func distinct() {
        var random = SplitMix64(seed: 7)
        var seen = Set<OrderID>()
        for _ in 0..<2_000 {
            let lane = UInt32(truncatingIfNeeded: random.next())
            let shard = UInt16(random.next() % 1024)
            let sequence = UInt32(random.next() % UInt64(OrderID.sequencesPerLane))
            let id = OrderID(lane: lane, shard: shard, sequence: sequence)
            #expect((id.lane, id.shard, id.sequence) == (lane, shard, sequence))
            seen.insert(id)
            if sequence + 1 < OrderID.sequencesPerLane {
                #expect(id < OrderID(lane: lane, shard: shard, sequence: sequence + 1))
            }
        }
        #expect(seen.count == 2_000)
    }

    @Test("seeded garbage never makes an order ID of the wrong text")
    func garbage() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(random.next() % 16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if let id = OrderID(text: bytes) {
                #expect(bytes.count == 13 && id.text.utf8.count == 13)
            }
        }
    }
}
