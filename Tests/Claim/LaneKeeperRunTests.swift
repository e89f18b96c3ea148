import OrderStore
import Testing
import Wire

@testable import Claim

@Suite("The lane keeper and Redis's run")
struct LaneKeeperRunTests {
    private let second = LaneKeeperTests.second

    @Test("a campaign that nobody knows is marked, looked up in Kafka, recorded there, and opened")
    func firstOpening() {
        var keeper = LaneKeeperTests.keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        #expect(keeper.on(.standing(.empty), nowNs: 0) == [.markFresh])
        #expect(keeper.on(.marked, nowNs: 0) == [.ask])
        #expect(keeper.on(.standing(.fresh), nowNs: 0) == [.readHistory])
        #expect(keeper.on(.history(isBlank: true), nowNs: 0) == [.recordEpoch])
        #expect(keeper.on(.failed, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: second - 1) == [])
        #expect(keeper.on(.tick, nowNs: second) == [.recordEpoch])
        #expect(keeper.on(.epochRecorded, nowNs: second) == [.openFresh])
        #expect(keeper.epoch == 0)
        #expect(keeper.on(.openedFresh, nowNs: second) == [.ask])
        #expect(keeper.on(.standing(.open(epoch: 1)), nowNs: second) == [.acquire])
    }

    @Test("promise 2: an empty Redis is not taken for a new campaign where Kafka remembers one")
    func lostRedis() {
        for found in [Standing.empty, .fresh] {
            var keeper = LaneKeeperTests.keeper()
            _ = keeper.on(.redisUp, nowNs: 0)
            _ = keeper.on(.standing(.fresh), nowNs: 0)
            #expect(keeper.on(.history(isBlank: false), nowNs: 0) == [])
            #expect(keeper.missing?.contains("rebuild") == true)
            #expect(keeper.on(.tick, nowNs: second) == [.ask])
            // Kafka is not read again and again: it does not forget.
            #expect(keeper.on(.standing(found), nowNs: second) == [])
            #expect(keeper.on(.tick, nowNs: 2 * second) == [.ask])
            #expect(keeper.on(.standing(.open(epoch: 2)), nowNs: 2 * second) == [.acquire])
        }
    }

    @Test("promise 9: closed or another run: nothing is taken, and Redis is asked until it is open")
    func waiting() {
        for found in [Standing.closed(epoch: 4), .strangeRun(epoch: 3)] {
            var keeper = LaneKeeperTests.opened()
            _ = keeper.on(.redisDown, nowNs: 0)
            _ = keeper.on(.redisUp, nowNs: 0)
            #expect(keeper.on(.standing(found), nowNs: 0) == [])
            #expect(keeper.epoch == 0 && keeper.lane(nowNs: 0) == nil && keeper.missing != nil)
            #expect(keeper.on(.tick, nowNs: second - 1) == [])
            #expect(keeper.on(.tick, nowNs: second) == [.ask])
            #expect(keeper.on(.standing(.open(epoch: 5)), nowNs: second) == [.acquire])
        }
    }

    @Test("while claims are taken Redis is asked how it stands, one question at a time")
    func looking() {
        var keeper = LaneKeeperTests.opened()
        _ = keeper.on(.tick, nowNs: 2 * second)
        _ = keeper.on(.renewed(lane: 7, true), nowNs: 2 * second)
        #expect(keeper.on(.tick, nowNs: 5 * second) == [.renew(lane: 7), .look])
        _ = keeper.on(.renewed(lane: 7, true), nowNs: 5 * second)
        #expect(keeper.on(.tick, nowNs: 6 * second) == [])
        #expect(keeper.on(.looked(nil), nowNs: 6 * second) == [])
        #expect(keeper.on(.tick, nowNs: 6 * second) == [.look])
        #expect(keeper.on(.looked(.open(epoch: 3)), nowNs: 6 * second) == [])
        #expect(keeper.lane(nowNs: 6 * second) == 7)
        #expect(keeper.on(.tick, nowNs: 10 * second) == [.renew(lane: 7)])
        #expect(keeper.on(.tick, nowNs: 11 * second) == [.look])
        #expect(keeper.on(.looked(.strangeRun(epoch: 3)), nowNs: 11 * second) == [.closed])
        #expect(keeper.epoch == 0 && keeper.lane(nowNs: 11 * second) == nil)
        // An answer to nothing that was asked.
        #expect(keeper.on(.looked(.open(epoch: 3)), nowNs: 11 * second) == [])
    }

    @Test("a new epoch seen in passing: a new lane in it at once")
    func lookedAway() {
        var keeper = LaneKeeperTests.opened()
        _ = keeper.on(.tick, nowNs: 5 * second)
        #expect(keeper.on(.looked(.open(epoch: 4)), nowNs: 5 * second) == [.closed, .acquire])
        #expect(keeper.epoch == 4)
    }

    @Test("a script that was refused for its epoch stops everything until Redis has been asked")
    func refused() {
        var keeper = LaneKeeperTests.opened()
        #expect(keeper.on(.epochRefused, nowNs: 0) == [.closed])
        #expect(keeper.on(.epochRefused, nowNs: 0) == [])
        #expect(keeper.epoch == 0)
        #expect(keeper.on(.tick, nowNs: second) == [.ask])
        // The same epoch after all: the lease decides.
        #expect(keeper.on(.standing(.open(epoch: 3)), nowNs: second) == [.renew(lane: 7)])
    }

    @Test("a lane that was refused for its epoch is asked for again after a look")
    func refusedLane() {
        var keeper = LaneKeeperTests.keeper()
        _ = keeper.on(.redisUp, nowNs: 0)
        _ = keeper.on(.standing(.open(epoch: 3)), nowNs: 0)
        #expect(keeper.on(.epochRefused, step: keeper.step, nowNs: 0) == [])
        #expect(keeper.on(.tick, nowNs: second) == [.ask])
    }

    @Test("fuzz: open only with a lane that Kafka holds, of the epoch last told of, under a lease")
    func fuzz() {
        var random = SplitMix64(seed: 0x1A9E)
        var openings = 0
        for _ in 0..<400 {
            var keeper = LaneKeeperTests.keeper()
            var nowNs: UInt64 = 0
            var announced: Set<UInt32> = []
            var told: Standing?
            var isLooking = false
            var nextLane: UInt32 = 1
            for _ in 0..<300 {
                nowNs += UInt64.random(in: 0..<second, using: &random)
                let event = Self.event(&random, lane: nextLane, own: keeper.ownLane)
                if case .acquired = event { nextLane += 1 }
                switch event {
                case .standing(let standing) where keeper.state == .asking: told = standing
                case .looked(let standing):
                    if isLooking, keeper.ownLane != nil, let standing { told = standing }
                    isLooking = false
                case .announced: keeper.ownLane.map { _ = announced.insert($0) }
                case .redisDown, .redisUp:
                    told = nil
                    isLooking = false
                default: break
                }
                for action in keeper.on(event, nowNs: nowNs) {
                    if action == .look { isLooking = true }
                    guard case .opened(let lane, _) = action else { continue }
                    openings += 1
                    #expect(announced.contains(lane) && told == .open(epoch: keeper.epoch))
                }
                if keeper.lane(nowNs: nowNs) != nil {
                    #expect(keeper.missing == nil && keeper.epoch != 0)
                    #expect(keeper.mayPromise(keeper.epoch, nowNs: nowNs))
                }
                if event == .redisDown { #expect(keeper.lane(nowNs: nowNs) == nil && keeper.epoch == 0) }
            }
        }
        #expect(openings > 200)
    }

    private static func event(_ random: inout SplitMix64, lane: UInt32, own: UInt32?) -> LaneKeeper.Event {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: .redisDown
        case 1: .redisUp
        case 2...5: .standing(standing(&random))
        case 6: .looked(Bool.random(using: &random) ? standing(&random) : nil)
        case 7...8: .acquired(lane: lane)
        case 9...10: .announced
        case 11: .renewed(lane: own ?? lane, Int.random(in: 0..<8, using: &random) > 0)
        case 12: .failed
        case 13: .full
        case 14: .marked
        case 15: .history(isBlank: Bool.random(using: &random))
        case 16: .epochRecorded
        case 17: .openedFresh
        case 18: .epochRefused
        default: .tick
        }
    }

    private static func standing(_ random: inout SplitMix64) -> Standing {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .empty
        case 1: .fresh
        case 2: .closed(epoch: 2)
        case 3: .strangeRun(epoch: 2)
        default: .open(epoch: UInt16.random(in: 1...2, using: &random))
        }
    }
}
