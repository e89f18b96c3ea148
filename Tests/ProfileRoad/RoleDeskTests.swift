import Profiles
import Testing

@testable import ProfileRoad

@Suite("Which role services are asked, and when")
struct RoleDeskTests {
    private static let ms: UInt64 = 1_000_000

    private func desk(games: Int = 3, _ change: (inout ProfileRoadOptions) -> Void = { _ in }) -> RoleDesk {
        var options = ProfileRoadOptions()
        options.maxCalls = 4
        options.maxCallsAGame = 2
        options.maxQueuedAGame = 5
        options.failuresToPause = 3
        options.pauseMs = 100
        options.holdMs = 10
        change(&options)
        return RoleDesk(games: games, options: options)
    }

    private func call(_ user: UInt64, _ game: UInt8) -> RoleCall { RoleCall(user: user, game: game) }

    private func want(
        _ desk: inout RoleDesk, _ user: UInt64, _ game: UInt8, again: Bool = false, road: Int = 0,
        at ms: UInt64 = 0
    ) -> RoleDesk.Ticket {
        desk.want(call(user, game), road: road, again: again, nowNs: ms * Self.ms)
    }

    /// Everything that may be put now, in order.
    private func put(_ desk: inout RoleDesk) -> [RoleCall] {
        var calls: [RoleCall] = []
        while let call = desk.next() { calls.append(call) }
        return calls
    }

    @Test("promise 7: games take turns, and one game's crowd leaves room for the others")
    func turns() {
        var desk = desk()
        for user: UInt64 in 1...5 { #expect(want(&desk, user, 0) == .queued) }
        for game: UInt8 in [1, 2] { #expect(want(&desk, 9, game) == .queued) }
        #expect(put(&desk) == [call(1, 0), call(9, 1), call(9, 2), call(2, 0)])
        #expect(desk.inFlight == 4 && desk.waiting == 3)
        _ = desk.answered(call(9, 1), nil, nowNs: 0)
        // There is room in all, and none for this game.
        #expect(put(&desk) == [])
        _ = desk.answered(call(1, 0), nil, nowNs: 0)
        #expect(put(&desk) == [call(3, 0)])
    }

    @Test("promise 7: however many games hang, each other one has its part of the calls")
    func reserve() {
        var desk = desk(games: 4) {
            $0.maxCalls = 16
            $0.maxCallsAGame = 16
            $0.maxQueuedAGame = 100
        }
        for user: UInt64 in 1...30 {
            for game: UInt8 in 0...2 { _ = want(&desk, user, game) }
        }
        // Two are kept for each of the four games, the other eight are for whoever comes.
        #expect(put(&desk).count == 14)
        for user: UInt64 in 1...5 { #expect(want(&desk, user, 3) == .queued) }
        #expect(put(&desk) == [call(1, 3), call(2, 3)])
        _ = desk.answered(call(1, 3), nil, nowNs: 0)
        #expect(put(&desk) == [call(3, 3)])
    }

    @Test("a question that several roads want is put once, and its end is told to all of them")
    func joined() {
        var desk = desk()
        #expect(want(&desk, 1, 0, road: 4) == .queued)
        #expect(want(&desk, 1, 0, road: 2) == .joined)
        #expect(want(&desk, 1, 0, road: 2) == .joined)
        #expect(put(&desk) == [call(1, 0)])
        #expect(want(&desk, 1, 0, road: 3) == .joined)
        let landing = desk.answered(call(1, 0), nil, nowNs: 0)
        #expect(landing.parties == [.init(call: call(1, 0), roads: [4, 2, 3])] && landing.refused.isEmpty)
        #expect(desk.inFlight == 0 && put(&desk) == [])
    }

    @Test("a full queue refuses, and another game's does not")
    func full() {
        var desk = desk()
        for user: UInt64 in 1...5 { _ = want(&desk, user, 0) }
        #expect(want(&desk, 6, 0) == .refused(closedUntilNs: 0))
        #expect(want(&desk, 6, 1) == .queued)
    }

    @Test("what nobody wants any more is not put; what somebody still wants is")
    func left() {
        var desk = desk()
        for user: UInt64 in 1...4 { _ = want(&desk, user, 0) }
        _ = want(&desk, 3, 0, road: 1)
        for (user, isLeft) in [(1, true), (3, true), (1, false), (9, false)] as [(UInt64, Bool)] {
            #expect(desk.leave(call(user, 0), road: 0) == isLeft)
        }
        #expect(desk.waiting == 3)
        #expect(put(&desk) == [call(2, 0), call(3, 0)])
        #expect(desk.leave(call(2, 0), road: 0) == false)
        // Wanted again, it has a place at the end, and is put once.
        _ = desk.leave(call(4, 0), road: 0)
        #expect(want(&desk, 4, 0) == .queued)
        for call in [call(2, 0), call(3, 0)] { _ = desk.answered(call, nil, nowNs: 0) }
        #expect(put(&desk) == [call(4, 0)] && desk.waiting == 0)
    }

    @Test("people who come and go leave nothing behind in a queue")
    func leftOver() {
        var desk = desk { $0.maxCallsAGame = 0 }
        for user: UInt64 in 1...100_000 {
            #expect(want(&desk, user, 0) == .queued)
            #expect(desk.leave(call(user, 0), road: 0) == true)
        }
        #expect(desk.waiting == 0)
    }

    @Test("a failed question is held, an answered one only from being asked anew")
    func holds() {
        var desk = desk()
        let answer = GameProfile(game: 0, registeredAtS: 5, roles: [Role(region: 0, id: 9)])
        _ = want(&desk, 1, 0)
        _ = want(&desk, 2, 0)
        #expect(put(&desk).count == 2)
        _ = desk.failed(call(1, 0), nowNs: 0)
        _ = desk.answered(call(2, 0), answer, nowNs: 0)
        #expect(want(&desk, 1, 0, at: 9) == .refused(closedUntilNs: 0))
        #expect(want(&desk, 1, 0, again: true, at: 9) == .refused(closedUntilNs: 0))
        #expect(want(&desk, 1, 1) == .queued)
        // Whoever asks gets it, another road too.
        #expect(want(&desk, 2, 0, again: true, road: 7, at: 9) == .fresh(answer, atNs: 0))
        #expect(want(&desk, 2, 0, at: 9) == .queued)
        #expect(want(&desk, 1, 0, at: 10) == .queued)
        #expect(desk.leave(call(2, 0), road: 0) == true)
        #expect(want(&desk, 2, 0, again: true, at: 10) == .queued)
    }

    @Test("promise 7: a service that only fails is left alone, then asked one question at a time")
    func health() {
        var desk = desk { $0.maxCallsAGame = 3 }
        for user: UInt64 in 1...5 { _ = want(&desk, user, 0, road: Int(user)) }
        #expect(put(&desk).count == 3)
        #expect(desk.failed(call(1, 0), nowNs: 0).refused == [])
        #expect(put(&desk) == [call(4, 0)])
        #expect(desk.failed(call(2, 0), nowNs: 0).refused == [])
        #expect(put(&desk) == [call(5, 0)])
        #expect(want(&desk, 6, 0, road: 6) == .queued)
        // The third in a row: what waits is told at once instead of being put.
        #expect(desk.failed(call(3, 0), nowNs: 0).refused == [.init(call: call(6, 0), roads: [6])])
        #expect(put(&desk) == [] && desk.waiting == 0)
        #expect(want(&desk, 7, 0, at: 50) == .refused(closedUntilNs: 100 * Self.ms))
        #expect(want(&desk, 7, 1, at: 50) == .queued)
        #expect(put(&desk) == [call(7, 1)])
        // Those put before have not ended yet.
        #expect(want(&desk, 8, 0, at: 100) == .refused(closedUntilNs: 120 * Self.ms))
        for user: UInt64 in 4...5 { _ = desk.failed(call(user, 0), nowNs: 110 * Self.ms) }
        #expect(want(&desk, 8, 0, at: 209) == .refused(closedUntilNs: 229 * Self.ms))
        // One probe; a second question waits for its end.
        #expect(want(&desk, 8, 0, at: 210) == .queued)
        #expect(want(&desk, 9, 0, at: 210) == .refused(closedUntilNs: 230 * Self.ms))
        #expect(put(&desk) == [call(8, 0)])
        #expect(want(&desk, 9, 0, at: 249) == .refused(closedUntilNs: 269 * Self.ms))
        _ = desk.failed(call(8, 0), nowNs: 250 * Self.ms)
        #expect(want(&desk, 9, 0, at: 329) == .refused(closedUntilNs: 350 * Self.ms))
        // A probe that nobody wants any more gives its place back.
        #expect(want(&desk, 9, 0, at: 350) == .queued)
        #expect(desk.leave(call(9, 0), road: 0) == true)
        #expect(want(&desk, 10, 0, at: 350) == .queued)
        #expect(put(&desk) == [call(10, 0)])
    }

    @Test("a service that comes back is not met by everything at once: one more with each answer")
    func recovery() {
        var desk = desk {
            $0.maxCalls = 100
            $0.maxCallsAGame = 50
            $0.maxQueuedAGame = 1000
        }
        for user: UInt64 in 1...3 { _ = want(&desk, user, 0) }
        for call in put(&desk) { _ = desk.failed(call, nowNs: 0) }
        #expect(want(&desk, 10, 0, at: 100) == .queued)
        #expect(put(&desk) == [call(10, 0)])
        _ = desk.answered(call(10, 0), nil, nowNs: 0)
        for user: UInt64 in 100..<400 { #expect(want(&desk, user, 0, at: 101) == .queued) }
        var most = 0
        var inFlight: [RoleCall] = []
        for answers in 1...200 {
            inFlight += put(&desk)
            #expect(inFlight.count <= min(50, answers + 1))
            most = max(most, inFlight.count)
            _ = desk.answered(inFlight.removeFirst(), nil, nowNs: 0)
        }
        #expect(most == 50)
    }

    @Test("holds are bounded and forgotten in order")
    func boundedHolds() {
        var holds = RoleHolds(lengthNs: 10)
        func ending(_ user: UInt64, _ game: UInt8, _ nowNs: UInt64) -> RoleHolds.Ending? {
            holds.hold(of: call(user, game), nowNs: nowNs)?.ending
        }
        for user in 0..<UInt64(RoleHolds.maximum + 5) { holds.hold(call(user, 0), .failed, nowNs: 0) }
        #expect(holds.count == RoleHolds.maximum)
        #expect(ending(4, 0, 0) == nil)
        #expect(ending(5, 0, 9) == .failed)
        #expect(ending(5, 0, 10) == nil)
        // Held again, it outlives its first end.
        holds.hold(call(5, 0), .answered(nil), nowNs: 5)
        holds.hold(call(6, 1), .failed, nowNs: 12)
        #expect(ending(5, 0, 14) == .answered(nil))
        holds.hold(call(7, 1), .failed, nowNs: 50)
        #expect(holds.count == 1)
    }
}
