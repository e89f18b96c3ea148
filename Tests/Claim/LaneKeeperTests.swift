import OrderStore
import Testing

@testable import Claim

@Suite("The lane keeper")
struct LaneKeeperTests {
    static let second: UInt64 = 1_000_000_000

    static func keeper() -> LaneKeeper {
        LaneKeeper(
            .init(leaseNs: 10 * second, renewNs: 2 * second, lookNs: 5 * second, pauseNs: second))
    }

    /// Drives a fresh keeper to an open lane at the time given.
    static func opened(lane: UInt32 = 7, epoch: UInt16 = 3, atNs: UInt64 = 0) -> LaneKeeper {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: atNs)
        _ = keeper.on(.standing(.open(epoch: epoch)), nowNs: atNs)
        _ = keeper.on(.acquired(lane: lane), nowNs: atNs)
        _ = keeper.on(.announced, nowNs: atNs)
        return keeper
    }

    private let second = Self.second

    @Test("standing, lane, Kafka, and only then open")
    func opening() {
        var keeper = Self.keeper()
        #expect(keeper.missing != nil && keeper.epoch == 0)
        #expect(keeper.on(.redisUp, nowNs: 0) == [.ask])
        #expect(keeper.on(.standing(.open(epoch: 3)), nowNs: 0) == [.acquire])
        #expect(keeper.epoch == 3)
        #expect(keeper.on(.acquired(lane: 7), nowNs: 0) == [.announce(lane: 7)])
        #expect(keeper.lane(nowNs: 0) == nil)
        #expect(keeper.on(.announced, nowNs: 0) == [.opened(lane: 7, isNewEpoch: true)])
        #expect(keeper.lane(nowNs: 0) == 7 && keeper.missing == nil)
    }

    @Test("the lease is renewed in time, and counted from before the request")
    func renewal() {
        var keeper = Self.opened()
        #expect(keeper.on(.tick, nowNs: second) == [])
        #expect(keeper.on(.tick, nowNs: 2 * second) == [.renew(lane: 7)])
        #expect(keeper.on(.tick, nowNs: 3 * second) == [])
        #expect(keeper.on(.renewed(lane: 7, true), nowNs: 5 * second) == [])
        #expect(keeper.lane(nowNs: 12 * second - 1) == 7)
        #expect(keeper.lane(nowNs: 12 * second) == nil)
    }

    @Test("promise 2: a process that slept through its lease numbers nothing until it has a new lane")
    func slept() {
        var keeper = Self.opened()
        #expect(keeper.lane(nowNs: 10 * second) == nil)
        #expect(keeper.on(.tick, nowNs: 11 * second) == [.closed, .ask])
        #expect(keeper.on(.standing(.open(epoch: 3)), nowNs: 11 * second) == [.acquire])
    }

    @Test("a renewal without an answer is asked again while the lease lasts")
    func unanswered() {
        var keeper = Self.opened()
        _ = keeper.on(.tick, nowNs: 2 * second)
        #expect(keeper.on(.renewed(lane: 7, nil), nowNs: 3 * second) == [])
        #expect(keeper.on(.tick, nowNs: 4 * second) == [.renew(lane: 7)])
    }

    @Test("a lane that is somebody else's is left at once")
    func taken() {
        var keeper = Self.opened()
        _ = keeper.on(.tick, nowNs: 2 * second)
        #expect(keeper.on(.renewed(lane: 7, false), nowNs: 2 * second) == [.closed, .ask])
        #expect(keeper.lane(nowNs: 2 * second) == nil)
        #expect(!keeper.mayPromise(3, nowNs: 2 * second))
    }

    @Test("back in the same epoch: the lease decides, the lane goes on")
    func sameEpoch() {
        var keeper = Self.opened()
        #expect(keeper.on(.redisDown, nowNs: second) == [.closed])
        #expect(keeper.epoch == 0)
        #expect(keeper.on(.redisUp, nowNs: 2 * second) == [.ask])
        #expect(keeper.on(.standing(.open(epoch: 3)), nowNs: 2 * second) == [.renew(lane: 7)])
        #expect(keeper.lane(nowNs: 2 * second) == nil)
        #expect(
            keeper.on(.renewed(lane: 7, true), nowNs: 3 * second)
                == [.opened(lane: 7, isNewEpoch: false)])
        #expect(keeper.lane(nowNs: 12 * second - 1) == 7)
    }

    @Test("promise 2: another epoch means another lane")
    func otherEpoch() {
        var keeper = Self.opened()
        _ = keeper.on(.redisDown, nowNs: second)
        _ = keeper.on(.redisUp, nowNs: 2 * second)
        #expect(keeper.on(.standing(.open(epoch: 4)), nowNs: 2 * second) == [.acquire])
        _ = keeper.on(.acquired(lane: 9), nowNs: 2 * second)
        #expect(keeper.on(.announced, nowNs: 2 * second) == [.opened(lane: 9, isNewEpoch: true)])
    }

    @Test("answers to questions of an earlier connection are not believed")
    func stale() {
        var keeper = Self.keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        let asked = keeper.step
        _ = keeper.on(.redisDown, nowNs: 0)
        _ = keeper.on(.redisUp, nowNs: 0)
        #expect(keeper.on(.standing(.open(epoch: 1)), step: asked, nowNs: 0) == [])
        #expect(keeper.on(.standing(.open(epoch: 2)), step: keeper.step, nowNs: 0) == [.acquire])
        #expect(keeper.epoch == 2)
    }

    @Test("a failed step is repeated after a pause, a failed announcement with the same lane")
    func failures() {
        var keeper = Self.keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        #expect(keeper.on(.failed, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: second / 2) == [])
        #expect(keeper.on(.tick, nowNs: second) == [.ask])
        _ = keeper.on(.standing(.open(epoch: 3)), nowNs: second)
        _ = keeper.on(.acquired(lane: 7), nowNs: second)
        #expect(keeper.on(.failed, nowNs: second) == [])
        #expect(keeper.on(.tick, nowNs: 2 * second) == [.announce(lane: 7)])
    }

    @Test("a lane that waits for Kafka keeps its lease")
    func waiting() {
        var keeper = Self.keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        _ = keeper.on(.standing(.open(epoch: 3)), nowNs: 0)
        _ = keeper.on(.acquired(lane: 7), nowNs: 0)
        #expect(keeper.on(.tick, nowNs: 2 * second) == [.renew(lane: 7)])
        _ = keeper.on(.renewed(lane: 7, true), nowNs: 2 * second)
        #expect(keeper.on(.announced, nowNs: 11 * second) == [.opened(lane: 7, isNewEpoch: true)])
    }

    @Test("a full lane is given up for a new one; what is on its way may still be promised")
    func full() {
        var keeper = Self.opened()
        #expect(keeper.on(.full, nowNs: 0) == [.closed, .giveUp(lane: 7), .acquire])
        #expect(keeper.lane(nowNs: 0) == nil && keeper.mayPromise(3, nowNs: second))
        _ = keeper.on(.acquired(lane: 8), nowNs: 0)
        #expect(keeper.on(.announced, nowNs: 0) == [.opened(lane: 8, isNewEpoch: false)])
    }

    @Test("stopping gives the lane up, for good")
    func stopping() {
        var keeper = Self.opened()
        #expect(keeper.on(.stop, nowNs: 0) == [.closed, .giveUp(lane: 7)])
        #expect(keeper.on(.redisUp, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: 100 * second) == [])
        #expect(!keeper.mayPromise(3, nowNs: 0))
    }

    @Test("promise 3: an acknowledgement is a promise only under the lease and in the order's epoch")
    func promises() {
        var keeper = Self.opened()
        #expect(keeper.mayPromise(3, nowNs: 10 * second - 1))
        #expect(!keeper.mayPromise(3, nowNs: 10 * second) && !keeper.mayPromise(4, nowNs: 0))
        // Away from Redis the lease still counts: no rebuild reads Kafka before it has ended.
        _ = keeper.on(.redisDown, nowNs: second)
        #expect(keeper.mayPromise(3, nowNs: 2 * second))
        _ = keeper.on(.redisUp, nowNs: 2 * second)
        _ = keeper.on(.standing(.open(epoch: 4)), nowNs: 2 * second)
        _ = keeper.on(.acquired(lane: 9), nowNs: 2 * second)
        #expect(!keeper.mayPromise(3, nowNs: 2 * second) && keeper.mayPromise(4, nowNs: 2 * second))
        #expect(!Self.keeper().mayPromise(0, nowNs: 0))
    }
}
