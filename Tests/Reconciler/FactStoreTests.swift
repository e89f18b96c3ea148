import CampaignFiles
import Foundation
import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("Facts put aside by shard")
struct FactStoreTests {
    private static func fact(_ random: inout SplitMix64) -> Fact {
        func number() -> UInt64 { random.next() }
        let id = OrderID(
            lane: UInt32(truncatingIfNeeded: number()), shard: UInt16(number() % 6),
            sequence: UInt32(number() % 4096))
        let order = Order(
            id: id, coupon: number(), user: number(), gift: UInt16(truncatingIfNeeded: number()),
            region: UInt16(truncatingIfNeeded: number()), role: number(),
            amount: UInt32(truncatingIfNeeded: number()), claimedAtMs: Int64(number() >> 17),
            deadlineMs: Int64(number() >> 17), epoch: UInt16(truncatingIfNeeded: number()),
            attempt: UInt16(truncatingIfNeeded: number()), notBeforeMs: Int64(number() >> 17),
            isResend: number() % 2 == 0)
        let outcome = Outcome.allCases[Int(number() % UInt64(Outcome.allCases.count))]
        let (isLive, atMs) = (number() % 2 == 0, Int64(number() >> 17))
        return switch number() % 8 {
        case 0: .claimed(order)
        case 1: .inOutbox(id, acceptedAtMs: atMs)
        case 2: .held(order)
        case 3: .queued(order, isLive: isLive)
        case 4: .retried(order, isLive: isLive)
        case 5: .outcome(id, outcome, attempt: order.attempt, game: UInt8(id.shard), atMs: atMs)
        case 6: .dead(order, outcome, atMs: atMs)
        default: .stated(id, game: UInt8(id.shard))
        }
    }

    @Test(
        "what two writers add comes back by shard, each one's in its order, from memory or from the file",
        arguments: [(0, 1 << 20), (1, 20_000), (2, 0)])
    func roundTrip(seed: Int, maxInMemory: Int) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("facts-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Two of the six shards are not the campaign's.
        let store = FactStore(shards: 4, directory: directory, maxInMemory: maxInMemory)
        var random = SplitMix64(seed: UInt64(seed))
        var writers = [FactWriter(store), FactWriter(store)]
        var added: [[[Fact]]] = Array(repeating: [[], []], count: 5)
        for _ in 0..<4_000 {
            let (fact, writer) = (Self.fact(&random), Int((random.next() as UInt64) % 2))
            try writers[writer].add(fact)
            added[min(Int(fact.id.shard), 4)][writer].append(fact)
        }
        for index in writers.indices { try writers[index].end() }
        #expect(store.count == 4_000)
        #expect((store.spilled > 0) == (maxInMemory < 1 << 20))
        // A file without a name leaves nothing behind.
        #expect((try? FileManager.default.contentsOfDirectory(atPath: directory))?.isEmpty ?? true)
        for place in 0...4 {
            var found: [Fact] = []
            try store.each(place) { found.append($0) }
            #expect(found.count == added[place][0].count + added[place][1].count)
            for writer in 0..<2 {
                var next = added[place][writer][...]
                for fact in found where fact == next.first { next.removeFirst() }
                #expect(next.isEmpty, "shard \(place), writer \(writer)")
            }
        }
    }

    @Test("where no file can be made the fault names the directory")
    func noDirectory() throws {
        let store = FactStore(shards: 1, directory: "/proc/nowhere/facts", maxInMemory: 0)
        var writer = FactWriter(store)
        try writer.add(.stated(OrderID(rawValue: 1), game: 0))
        let fault = #expect(throws: FileFault.self) { try writer.end() }
        #expect(fault?.path == "/proc/nowhere/facts")
    }
}
