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

    /// Everything that may be put now, in order.
    private func put(_ desk: inout RoleDesk) -> [RoleCall] {
        var calls: [RoleCall] = []
        while let turn = desk.next(isWanted: { _ in true }) {
            if case .put(let call) = turn { calls.append(call) }
        }
        return calls
    }

    @Test("promise 7: games take turns, and one game's crowd leaves room for the others")
    func turns() {
        var desk = desk()
        for user: UInt64 in 1...5 { #expect(desk.want(call(user, 0), again: false, nowNs: 0) == .queued) }
        for game: UInt8 in [1, 2] { #expect(desk.want(call(9, game), again: false, nowNs: 0) == .queued) }
        #expect(put(&desk) == [call(1, 0), call(9, 1), call(9, 2), call(2, 0)])
        #expect(desk.inFlight == 4 && desk.waiting == 3)
        desk.answered(call(9, 1), nowNs: 0)
        // There is room in all, and none for this game.
        #expect(put(&desk) == [])
        desk.answered(call(1, 0), nowNs: 0)
        #expect(put(&desk) == [call(3, 0)])
    }

    @Test("a full queue refuses, and another game's does not")
    func full() {
        var desk = desk()
        for user: UInt64 in 1...5 { _ = desk.want(call(user, 0), again: false, nowNs: 0) }
        #expect(desk.want(call(6, 0), again: false, nowNs: 0) == .refused)
        #expect(desk.want(call(6, 1), again: false, nowNs: 0) == .queued)
    }

    @Test("what nobody wants any more is dropped, not put")
    func dropped() {
        var desk = desk()
        for user: UInt64 in 1...3 { _ = desk.want(call(user, 0), again: false, nowNs: 0) }
        #expect(desk.next(isWanted: { $0.user != 1 }) == .dropped(call(1, 0)))
        #expect(desk.next(isWanted: { $0.user != 1 }) == .put(call(2, 0)))
        #expect(desk.inFlight == 1)
    }

    @Test("a failed question is held, an answered one only from being asked anew")
    func holds() {
        var desk = desk()
        _ = desk.want(call(1, 0), again: false, nowNs: 0)
        _ = desk.want(call(2, 0), again: false, nowNs: 0)
        #expect(put(&desk).count == 2)
        desk.failed(call(1, 0), nowNs: 0)
        desk.answered(call(2, 0), nowNs: 0)
        #expect(desk.want(call(1, 0), again: false, nowNs: 10 * Self.ms - 1) == .refused)
        #expect(desk.want(call(1, 0), again: true, nowNs: 10 * Self.ms - 1) == .refused)
        #expect(desk.want(call(1, 1), again: false, nowNs: 0) == .queued)
        #expect(desk.want(call(2, 0), again: true, nowNs: 10 * Self.ms - 1) == .fresh)
        #expect(desk.want(call(2, 0), again: false, nowNs: 0) == .queued)
        #expect(desk.want(call(1, 0), again: false, nowNs: 10 * Self.ms) == .queued)
        #expect(desk.want(call(2, 0), again: true, nowNs: 10 * Self.ms) == .queued)
    }

    @Test("promise 7: a service that only fails is left alone, then asked one question at a time")
    func health() {
        var desk = desk { $0.maxCallsAGame = 4 }
        for user: UInt64 in 1...3 { _ = desk.want(call(user, 0), again: false, nowNs: 0) }
        for call in put(&desk) { desk.failed(call, nowNs: 0) }
        #expect(desk.want(call(4, 0), again: false, nowNs: 99 * Self.ms) == .refused)
        #expect(desk.want(call(4, 1), again: false, nowNs: 99 * Self.ms) == .queued)
        #expect(put(&desk) == [call(4, 1)])
        // One probe; a second question waits for its end.
        #expect(desk.want(call(5, 0), again: false, nowNs: 100 * Self.ms) == .queued)
        #expect(desk.want(call(6, 0), again: false, nowNs: 100 * Self.ms) == .refused)
        #expect(put(&desk) == [call(5, 0)])
        desk.failed(call(5, 0), nowNs: 100 * Self.ms)
        #expect(desk.want(call(7, 0), again: false, nowNs: 199 * Self.ms) == .refused)
        // A probe that nobody wants any more gives its place back.
        #expect(desk.want(call(7, 0), again: false, nowNs: 200 * Self.ms) == .queued)
        #expect(desk.next(isWanted: { _ in false }) == .dropped(call(7, 0)))
        #expect(desk.want(call(8, 0), again: false, nowNs: 200 * Self.ms) == .queued)
        #expect(put(&desk) == [call(8, 0)])
        desk.answered(call(8, 0), nowNs: 200 * Self.ms)
        for user: UInt64 in 10...12 {
            #expect(desk.want(call(user, 0), again: false, nowNs: 200 * Self.ms) == .queued)
        }
    }

    @Test("holds are bounded and forgotten in order")
    func boundedHolds() {
        var holds = RoleHolds(lengthNs: 10)
        for user in 0..<UInt64(RoleHolds.maximum + 5) { holds.hold(call(user, 0), .failed, nowNs: 0) }
        #expect(holds.count == RoleHolds.maximum)
        #expect(holds.ending(of: call(4, 0), nowNs: 0) == nil)
        #expect(holds.ending(of: call(5, 0), nowNs: 9) == .failed)
        #expect(holds.ending(of: call(5, 0), nowNs: 10) == nil)
        // Held again, it outlives its first end.
        holds.hold(call(5, 0), .answered, nowNs: 5)
        holds.hold(call(6, 1), .failed, nowNs: 12)
        #expect(holds.ending(of: call(5, 0), nowNs: 14) == .answered)
        holds.hold(call(7, 1), .failed, nowNs: 50)
        #expect(holds.count == 1)
    }
}
