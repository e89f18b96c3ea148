import Testing
import Wire

@testable import Claim

@Suite("The batches of a shard")
struct ShardBatcherTests {
    private func batcher(maxBatch: Int = 4, maxWaiting: Int = 10, sequences: UInt32 = 100) -> ShardBatcher<
        Int
    > {
        var batcher = ShardBatcher<Int>(maxBatch: maxBatch, maxWaiting: maxWaiting, sequences: sequences)
        batcher.adopt(lane: 1)
        return batcher
    }

    private func sent(_ batcher: inout ShardBatcher<Int>) throws -> ShardBatcher<Int>.Batch {
        guard case .send(let batch) = batcher.next() else { throw NothingSent() }
        return batch
    }

    private struct NothingSent: Error {}

    private func isNothing(_ next: ShardBatcher<Int>.Next) -> Bool {
        if case .nothing = next { true } else { false }
    }

    @Test("one batch in flight; the rest waits for its end")
    func oneInFlight() throws {
        var batcher = batcher()
        for item in 0..<6 { #expect(batcher.add(item) == true) }
        let first = try sent(&batcher)
        #expect(first.items == [0, 1, 2, 3] && first.firstSequence == 0)
        #expect(isNothing(batcher.next()))
        batcher.ended(.decided(accepted: 3))
        let second = try sent(&batcher)
        #expect(second.items == [4, 5] && second.firstSequence == 3)
    }

    @Test("numbers: what was accepted is used, what is unknown is burnt, what did not run is free")
    func numbers() throws {
        var batcher = batcher()
        for item in 0..<4 { _ = batcher.add(item) }
        _ = try sent(&batcher)
        batcher.ended(.unknown)
        #expect(batcher.nextSequence == 4 && batcher.burnt == 4)
        for item in 0..<3 { _ = batcher.add(item) }
        _ = try sent(&batcher)
        batcher.ended(.notApplied)
        #expect(batcher.nextSequence == 4)
        _ = batcher.add(1)
        _ = try sent(&batcher)
        batcher.ended(.decided(accepted: 0))
        #expect(batcher.nextSequence == 4)
    }

    @Test("too many are refused; what comes back is not")
    func bounded() {
        var batcher = batcher()
        for item in 0..<10 { #expect(batcher.add(item) == true) }
        #expect(batcher.add(10) == false)
        batcher.putBack([11, 12])
        #expect(batcher.waitingCount == 12)
    }

    @Test("a full lane sends what fits, then asks for another")
    func laneFull() throws {
        var batcher = batcher(sequences: 6)
        for item in 0..<8 { _ = batcher.add(item) }
        _ = try sent(&batcher)
        batcher.ended(.decided(accepted: 4))
        let last = try sent(&batcher)
        #expect(last.items.count == 2 && last.firstSequence == 4)
        batcher.ended(.unknown)
        guard case .laneFull = batcher.next() else {
            Issue.record("the lane is full")
            return
        }
        batcher.adopt(lane: 2)
        let fresh = try sent(&batcher)
        #expect(fresh.lane == 2 && fresh.firstSequence == 0 && fresh.items == [6, 7])
    }

    @Test("a batch of a lane that was left uses no number of the new one")
    func lateEnd() throws {
        var batcher = batcher()
        _ = batcher.add(1)
        _ = try sent(&batcher)
        batcher.adopt(lane: 2)
        batcher.ended(.decided(accepted: 1))
        #expect(batcher.nextSequence == 0)
    }

    @Test("the same lane again goes on where it was")
    func sameLane() throws {
        var batcher = batcher()
        _ = batcher.add(1)
        _ = try sent(&batcher)
        batcher.ended(.decided(accepted: 1))
        batcher.adopt(lane: 1)
        #expect(batcher.nextSequence == 1)
    }

    @Test("paused: whoever waits is given back, what is in flight still ends")
    func paused() throws {
        var batcher = batcher()
        for item in 0..<6 { _ = batcher.add(item) }
        _ = try sent(&batcher)
        #expect(batcher.pause() == [4, 5])
        #expect(batcher.isInFlight)
        batcher.ended(.unknown)
        #expect(isNothing(batcher.next()))
    }

    @Test("without a lane nothing leaves")
    func noLane() {
        var batcher = ShardBatcher<Int>(maxBatch: 4, maxWaiting: 10)
        _ = batcher.add(1)
        #expect(isNothing(batcher.next()))
    }

    @Test("promise 2: no number is given out twice, whatever becomes of the batches")
    func neverTwice() throws {
        var random = SplitMix64(seed: 0x0DD5_EED5)
        var batcher = batcher(maxBatch: 8, maxWaiting: 64, sequences: 50)
        var lane: UInt32 = 1
        var numbered: Set<UInt64> = []
        var queued = 0
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5: if batcher.add(queued) { queued += 1 }
            case 5 where batcher.isInFlight:
                batcher.ended(.notApplied)
            default:
                switch batcher.next() {
                case .nothing: break
                case .laneFull:
                    lane += 1
                    batcher.adopt(lane: lane)
                case .send(let batch):
                    // The script may number any part of the range, and the loop may hear of it or not.
                    let used = Int.random(in: 0...batch.items.count, using: &random)
                    for offset in 0..<UInt32(used) {
                        let isNew = numbered.insert(
                            UInt64(batch.lane) << 32 | UInt64(batch.firstSequence + offset)
                        ).inserted
                        #expect(isNew)
                    }
                    #expect(Int(batch.firstSequence) + batch.items.count <= 50)
                    if Bool.random(using: &random) {
                        batcher.ended(.decided(accepted: used))
                    } else {
                        batcher.ended(.unknown)
                    }
                }
            }
        }
        #expect(numbered.count > 2_000 && lane > 20)
    }
}
