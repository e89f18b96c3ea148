import Pacing
import Testing

@Suite("Delivery pacer")
struct DeliveryPacerTests {
    typealias Game = DeliveryPacer.Game

    static func game(_ perSecond: Double, _ burst: Int, _ concurrency: Int = 1000) throws -> Game {
        Game(limit: try PacingLimit(perSecond: perSecond, burst: burst), maxConcurrency: concurrency)
    }

    static func pacer(
        total: (Double, Int), _ games: [Game], atNs: UInt64 = secondNs, fresh: Bool = true
    ) throws -> DeliveryPacer {
        var options = DeliveryPacer.Options()
        options.inheritsGhosts = !fresh
        return try DeliveryPacer(
            total: PacingLimit(perSecond: total.0, burst: total.1), games: games, options: options,
            nowNs: atNs)
    }

    /// Asserts promise 6 on what the games read.
    static func expectLaw(_ world: PacedWorld) {
        for (index, game) in world.pacer.games.enumerated() {
            let most = mostInOneSecond(world.arrivals[index])
            #expect(most <= Int(game.limit.perSecond) + game.limit.burst, "game \(index)")
        }
        let total = world.pacer.total
        let most = mostInOneSecond(world.arrivals.flatMap { $0 })
        #expect(most <= Int(total.perSecond) + total.burst, "total")
    }

    @Test(
        "promise 6: stalls, time-outs, losses, pauses and restarts push no second over limit + burst",
        arguments: 0..<40)
    func windowLaw(seed: UInt64) throws {
        let games = [
            try Self.game(400, 60), try Self.game(150, 20), try Self.game(40, 8), try Self.game(10, 3),
        ]
        var world = PacedWorld(try Self.pacer(total: (500, 90), games), seed: seed, nowNs: secondNs)
        world.lossOneIn = 50
        world.throttleOneIn = 200
        for game in games.indices {
            var atNs = secondNs
            while atNs < 30 * secondNs {
                let fromNs = atNs + world.bits.within(msNs...(6 * secondNs))
                atNs = fromNs + world.bits.within((5 * msNs)...(4 * secondNs))
                world.stalls.append(.init(game: game, fromNs: fromNs, untilNs: atNs))
            }
        }
        for _ in 0..<3 {
            world.run(untilNs: world.nowNs + 10 * secondNs, pauses: msNs...(4 * secondNs))
            world.restart(try Self.pacer(total: (500, 90), games, atNs: world.nowNs, fresh: false))
        }
        Self.expectLaw(world)
    }

    @Test("promise 6: a process that dies while a game hangs leaves no room for its successor to fill up")
    func restartWhileHung() throws {
        let games = [try Self.game(20, 60), try Self.game(5, 12)]
        var world = PacedWorld(try Self.pacer(total: (25, 70), games), seed: 8, nowNs: secondNs)
        world.timeoutNs = 60 * secondNs
        world.stalls = [
            .init(game: 0, fromNs: 0, untilNs: 30 * secondNs),
            .init(game: 1, fromNs: 0, untilNs: 30 * secondNs),
        ]
        world.run(untilNs: 15 * secondNs)
        world.restart(try Self.pacer(total: (25, 70), games, atNs: world.nowNs, fresh: false))
        world.run(untilNs: 60 * secondNs)
        Self.expectLaw(world)
        // The successor did send again, in full, once the games had answered.
        #expect(world.starts[0] >= 28 * 20)
    }

    @Test("98 % of a game's limit and of the total are used when ticked every millisecond or so")
    func sustained() throws {
        let games = [try Self.game(1000, 100), try Self.game(300, 40), try Self.game(50, 10)]
        for (total, expected) in [((5000.0, 600), [1000.0, 300, 50]), ((600, 120), [275, 275, 50])] {
            var world = PacedWorld(try Self.pacer(total: total, games), seed: 5, nowNs: secondNs)
            world.run(untilNs: 11 * secondNs)
            for (game, perSecond) in expected.enumerated() {
                #expect(Double(world.starts[game]) >= 0.98 * 10 * perSecond, "game \(game)")
            }
            Self.expectLaw(world)
        }
    }

    @Test("promise 7: a hung game costs the others nothing")
    func hungGame() throws {
        let games = [try Self.game(200, 60), try Self.game(200, 60), try Self.game(200, 60)]
        var starts: [[Int]] = []
        for hung in [false, true] {
            var world = PacedWorld(try Self.pacer(total: (450, 120), games), seed: 9, nowNs: secondNs)
            world.timeoutNs = 2 * secondNs
            if hung { world.stalls = [.init(game: 0, fromNs: 0, untilNs: 100 * secondNs)] }
            world.run(untilNs: 21 * secondNs)
            starts.append(world.starts)
            Self.expectLaw(world)
        }
        #expect(starts[0].allSatisfy { $0 >= 2940 })
        // With the first hung, the total has room for the limits of the others in full.
        #expect(starts[1][1] >= 3920 && starts[1][2] >= 3920)
        #expect(starts[1][0] < 100)
    }

    @Test("promise 6: a limit lowered or raised on the backlog holds from then on")
    func limitChanged() throws {
        let games = [try Self.game(800, 100), try Self.game(100, 20)]
        var world = PacedWorld(try Self.pacer(total: (1000, 200), games), seed: 2, nowNs: secondNs)
        world.run(untilNs: 5 * secondNs)
        Self.expectLaw(world)
        try world.pacer.limitChanged(0, to: Self.game(50, 10), nowNs: world.nowNs)
        let changedNs = world.nowNs
        let before = world.starts[0]
        world.run(untilNs: 10 * secondNs)
        #expect((240...260).contains(world.starts[0] - before))
        // What was under way may still be read within a latency; windows after that are the new limit's.
        let after = world.arrivals[0].filter { $0 > changedNs + 20 * msNs }
        #expect(mostInOneSecond(after) <= 60)
        world.pacer.totalChanged(to: try PacingLimit(perSecond: 30, burst: 6), nowNs: world.nowNs)
        let sum = world.starts.reduce(0, +)
        world.run(untilNs: 20 * secondNs)
        #expect((290...306).contains(world.starts.reduce(0, +) - sum))
        #expect(throws: PacingFault.unknownGame(2)) {
            try world.pacer.limitChanged(2, to: games[0], nowNs: world.nowNs)
        }
    }

    @Test("a stall of the sender for seconds is followed by no more than the burst")
    func senderStall() throws {
        let pacer = try Self.pacer(total: (5000, 300), [Self.game(1000, 100)])
        var world = PacedWorld(pacer, seed: 4, nowNs: secondNs)
        world.run(untilNs: 30 * secondNs, pauses: secondNs...(5 * secondNs), pauseOneIn: 800)
        Self.expectLaw(world)
    }

    @Test("round-robin: with the total as the bottleneck every game gets the same")
    func roundRobin() throws {
        let games = [try Self.game(500, 60), try Self.game(5000, 400), try Self.game(200, 30)]
        var world = PacedWorld(try Self.pacer(total: (300, 200), games), seed: 6, nowNs: secondNs)
        world.run(untilNs: 11 * secondNs)
        let (most, least) = (world.starts.max() ?? 0, world.starts.min() ?? 0)
        #expect(least >= 970 && most - least <= 20)
    }

    @Test("demand, pause and the wake-up time")
    func wakeUp() throws {
        var pacer = try Self.pacer(total: (1000, 100), [Self.game(100, 20, 1), Self.game(10, 5)])
        #expect(pacer.next(nowNs: secondNs) == .idle)
        pacer.setDemand(1, true)
        #expect(pacer.next(nowNs: secondNs) == .wait(untilNs: secondNs + 100 * msNs))
        pacer.setDemand(0, true)
        #expect(pacer.next(nowNs: secondNs) == .wait(untilNs: secondNs + 10 * msNs))
        let decision = pacer.next(nowNs: secondNs + 10 * msNs)
        guard case .start(let permit) = decision else {
            Issue.record("no start but \(decision)")
            return
        }
        #expect(permit.game == 0)
        #expect(pacer.next(nowNs: secondNs + 11 * msNs) == .wait(untilNs: secondNs + 100 * msNs))
        pacer.setDemand(1, false)
        #expect(pacer.next(nowNs: secondNs + 11 * msNs) == .idle)
        pacer.finished(permit, .succeeded, nowNs: secondNs + 12 * msNs)
        #expect(pacer.next(nowNs: secondNs + 12 * msNs) == .wait(untilNs: secondNs + 20 * msNs))
        pacer.paused(0, true)
        #expect(pacer.next(nowNs: 2 * secondNs) == .idle)
        pacer.paused(0, false)
        #expect(pacer.next(nowNs: 2 * secondNs) != .idle)
    }

    @Test("a clock reading starts one request, and a clock that steps back gains nothing")
    func readings() throws {
        var pacer = try Self.pacer(total: (1000, 200), [Self.game(1000, 100)])
        pacer.setDemand(0, true)
        let atNs = 10 * secondNs
        guard case .start = pacer.next(nowNs: atNs) else {
            Issue.record("no start")
            return
        }
        #expect(pacer.next(nowNs: atNs) == .wait(untilNs: atNs + 1))
        #expect(pacer.next(nowNs: atNs - secondNs) == .wait(untilNs: atNs + 1))
        guard case .start = pacer.next(nowNs: atNs + 1) else {
            Issue.record("no start with a fresh reading")
            return
        }
    }

    @Test("slots are divided for good: shares sum to the total's, each game has one")
    func shares() throws {
        let games = [try Self.game(1000, 300), try Self.game(100, 30), try Self.game(10, 5)]
        let pacer = try Self.pacer(total: (1200, 60), games)
        let slots = (0..<3).map { pacer[UInt8($0)].split.slots }
        #expect(slots.allSatisfy { $0 >= 1 })
        #expect(slots.reduce(0, +) <= 60)
        #expect(slots[0] > slots[1] && slots[1] > slots[2])
        // A total with fewer slots than games pays for the excess with its rate.
        let tight = try Self.pacer(total: (1200, 3), games, fresh: false)
        #expect((0..<3).allSatisfy { tight[UInt8($0)].split.slots == 1 })
        // Two slots too many, and for each game the seven probes of a predecessor.
        #expect(tight.perSecond == 1200 - 2 - 3 * 7)
    }

    @Test("games beyond 64 and a concurrency of none are refused")
    func validation() throws {
        let game = try Self.game(10, 5)
        #expect(throws: PacingFault.tooManyGames(65)) {
            try Self.pacer(total: (10, 5), Array(repeating: game, count: 65))
        }
        #expect(throws: PacingFault.concurrencyOutOfRange(0)) {
            try Self.pacer(total: (10, 5), [Self.game(10, 5, 0)])
        }
    }
}
