import Testing
import Wire

@testable import Claim

@Suite("The lane keeper")
struct LaneKeeperTests {
    private static let second: UInt64 = 1_000_000_000

    private func keeper() -> LaneKeeper {
        LaneKeeper(leaseNs: 10 * Self.second, renewNs: 2 * Self.second, pauseNs: Self.second)
    }

    /// Drives a fresh keeper to an open lane at the time given.
    private func opened(lane: UInt32 = 7, run: String = "r1", atNs: UInt64 = 0) -> LaneKeeper {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: atNs)
        _ = keeper.on(.run(run), nowNs: atNs)
        _ = keeper.on(.acquired(lane: lane), nowNs: atNs)
        _ = keeper.on(.announced, nowNs: atNs)
        return keeper
    }

    @Test("run, lane, Kafka, and only then open")
    func opening() {
        var keeper = keeper()
        #expect(keeper.missing != nil)
        #expect(keeper.on(.redisUp, nowNs: 0) == [.askRun])
        #expect(keeper.on(.run("r1"), nowNs: 0) == [.acquire(run: "r1", floor: nil)])
        #expect(keeper.on(.acquired(lane: 7), nowNs: 0) == [.announce(lane: 7)])
        #expect(keeper.lane(nowNs: 0) == nil)
        #expect(keeper.on(.announced, nowNs: 0) == [.opened(lane: 7, newRun: true)])
        #expect(keeper.lane(nowNs: 0) == 7 && keeper.missing == nil)
    }

    @Test("promise 2: an old counter is lifted by what Kafka has seen")
    func floor() {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        _ = keeper.on(.run("r1"), nowNs: 0)
        #expect(keeper.on(.needsFloor, nowNs: 0) == [.readFloor])
        #expect(keeper.on(.floor(900), nowNs: 0) == [.acquire(run: "r1", floor: 900)])
        #expect(keeper.on(.acquired(lane: 66_437), nowNs: 0) == [.announce(lane: 66_437)])
    }

    @Test("the lease is renewed in time, and counted from before the request")
    func renewal() {
        var keeper = opened()
        #expect(keeper.on(.tick, nowNs: Self.second) == [])
        #expect(keeper.on(.tick, nowNs: 2 * Self.second) == [.renew(lane: 7)])
        #expect(keeper.on(.tick, nowNs: 3 * Self.second) == [])
        #expect(keeper.on(.renewed(lane: 7, true), nowNs: 5 * Self.second) == [])
        #expect(keeper.lane(nowNs: 12 * Self.second - 1) == 7)
        #expect(keeper.lane(nowNs: 12 * Self.second) == nil)
    }

    @Test("promise 2: a process that slept through its lease numbers nothing until it has a new lane")
    func slept() {
        var keeper = opened()
        #expect(keeper.lane(nowNs: 10 * Self.second) == nil)
        #expect(keeper.on(.tick, nowNs: 11 * Self.second) == [.closed, .askRun])
        #expect(keeper.on(.run("r1"), nowNs: 11 * Self.second) == [.acquire(run: "r1", floor: nil)])
    }

    @Test("a renewal without an answer is asked again while the lease lasts")
    func unanswered() {
        var keeper = opened()
        _ = keeper.on(.tick, nowNs: 2 * Self.second)
        #expect(keeper.on(.renewed(lane: 7, nil), nowNs: 3 * Self.second) == [])
        #expect(keeper.on(.tick, nowNs: 4 * Self.second) == [.renew(lane: 7)])
    }

    @Test("a lane that is somebody else's is left at once")
    func taken() {
        var keeper = opened()
        _ = keeper.on(.tick, nowNs: 2 * Self.second)
        #expect(keeper.on(.renewed(lane: 7, false), nowNs: 2 * Self.second) == [.closed, .askRun])
        #expect(keeper.lane(nowNs: 2 * Self.second) == nil)
    }

    @Test("back on the same run: the lease decides, the lane goes on")
    func sameRun() {
        var keeper = opened()
        #expect(keeper.on(.redisDown, nowNs: Self.second) == [.closed])
        #expect(keeper.on(.redisUp, nowNs: 2 * Self.second) == [.askRun])
        #expect(keeper.on(.run("r1"), nowNs: 2 * Self.second) == [.renew(lane: 7)])
        #expect(keeper.lane(nowNs: 2 * Self.second) == nil)
        #expect(
            keeper.on(.renewed(lane: 7, true), nowNs: 3 * Self.second) == [.opened(lane: 7, newRun: false)])
        #expect(keeper.lane(nowNs: 12 * Self.second - 1) == 7)
    }

    @Test("promise 2: another run of Redis means another lane")
    func otherRun() {
        var keeper = opened()
        _ = keeper.on(.redisDown, nowNs: Self.second)
        _ = keeper.on(.redisUp, nowNs: 2 * Self.second)
        #expect(keeper.on(.run("r2"), nowNs: 2 * Self.second) == [.acquire(run: "r2", floor: nil)])
        _ = keeper.on(.acquired(lane: 9), nowNs: 2 * Self.second)
        #expect(keeper.on(.announced, nowNs: 2 * Self.second) == [.opened(lane: 9, newRun: true)])
    }

    @Test("answers to questions of an earlier connection are not believed")
    func stale() {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        let asked = keeper.step
        _ = keeper.on(.redisDown, nowNs: 0)
        _ = keeper.on(.redisUp, nowNs: 0)
        #expect(keeper.on(.run("old"), step: asked, nowNs: 0) == [])
        #expect(keeper.on(.run("new"), step: keeper.step, nowNs: 0) == [.acquire(run: "new", floor: nil)])
    }

    @Test("a failed step is repeated after a pause, a failed announcement with the same lane")
    func failures() {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        #expect(keeper.on(.failed, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: Self.second / 2) == [])
        #expect(keeper.on(.tick, nowNs: Self.second) == [.askRun])
        _ = keeper.on(.run("r1"), nowNs: Self.second)
        _ = keeper.on(.acquired(lane: 7), nowNs: Self.second)
        #expect(keeper.on(.failed, nowNs: Self.second) == [])
        #expect(keeper.on(.tick, nowNs: 2 * Self.second) == [.announce(lane: 7)])
    }

    @Test("a lane that waits for Kafka keeps its lease")
    func waiting() {
        var keeper = keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        _ = keeper.on(.run("r1"), nowNs: 0)
        _ = keeper.on(.acquired(lane: 7), nowNs: 0)
        #expect(keeper.on(.tick, nowNs: 2 * Self.second) == [.renew(lane: 7)])
        _ = keeper.on(.renewed(lane: 7, true), nowNs: 2 * Self.second)
        #expect(keeper.on(.announced, nowNs: 11 * Self.second) == [.opened(lane: 7, newRun: true)])
    }

    @Test("a full lane is given up for a new one")
    func full() {
        var keeper = opened()
        #expect(keeper.on(.full, nowNs: 0) == [.closed, .giveUp(lane: 7), .askRun])
        #expect(keeper.on(.run("r1"), nowNs: 0) == [.acquire(run: "r1", floor: nil)])
    }

    @Test("stopping gives the lane up, for good")
    func stopping() {
        var keeper = opened()
        #expect(keeper.on(.stop, nowNs: 0) == [.closed, .giveUp(lane: 7)])
        #expect(keeper.on(.redisUp, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: 100 * Self.second) == [])
    }

    @Test("fuzz: open only with a lane of this connection that Kafka holds, under a lease")
    func fuzz() {
        var random = SplitMix64(seed: 0x1A9E)
        for _ in 0..<200 {
            var keeper = keeper()
            var nowNs: UInt64 = 0
            var announced: Set<UInt32> = []
            var nextLane: UInt32 = 1
            for _ in 0..<300 {
                nowNs += UInt64.random(in: 0..<Self.second, using: &random)
                let event = Self.event(&random, lane: nextLane, own: keeper.ownLane)
                if case .acquired = event { nextLane += 1 }
                if event == .announced, let lane = keeper.ownLane { announced.insert(lane) }
                for action in keeper.on(event, nowNs: nowNs) {
                    if case .opened(let lane, _) = action { #expect(announced.contains(lane)) }
                }
                if keeper.lane(nowNs: nowNs) != nil { #expect(keeper.missing == nil) }
                if event == .redisDown { #expect(keeper.lane(nowNs: nowNs) == nil) }
            }
        }
    }

    private static func event(_ random: inout SplitMix64, lane: UInt32, own: UInt32?) -> LaneKeeper.Event {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: .redisDown
        case 1: .redisUp
        case 2, 3: .run(Bool.random(using: &random) ? "r1" : "r2")
        case 4, 5: .acquired(lane: lane)
        case 6: .needsFloor
        case 7: .floor(lane)
        case 8, 9: .announced
        case 10: .renewed(lane: own ?? lane, Bool.random(using: &random))
        case 11: .failed
        case 12: .full
        default: .tick
        }
    }
}
