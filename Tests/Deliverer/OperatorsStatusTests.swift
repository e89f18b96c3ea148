import Orders
import Testing
import Wire

@testable import Deliverer

/// The status: figures, their way through JSON, their sum, and the page.
@Suite("operators' status")
struct OperatorsStatusTests {
    static func game(_ name: String, _ change: (inout GameStatus) -> Void = { _ in }) -> GameStatus {
        var game = GameStatus(game: name)
        game.limit = 500
        game.burst = 50
        game.share = 250
        game.concurrency = 20
        game.maxConcurrency = 40
        change(&game)
        return game
    }

    static func report(_ owner: String, _ games: [GameStatus]) -> DelivererStatusReport {
        var report = DelivererStatusReport(owner: owner)
        report.totalLimit = 5000
        report.totalShare = 2500
        report.partitions = 8
        report.games = games
        return report
    }

    static let error = DeliveryError(
        atMs: 1_790_000_000_000, order: OrderID(rawValue: 77), attempt: 2, status: 503, reason: "not now",
        answer: "{\"error\":\"full\"}")

    @Test("a report survives the round trip, with all that is known and with nothing")
    func roundTrip() throws {
        let full = Self.game("star") {
            $0.used = 249.5
            $0.unread = 10
            $0.oldestAgeMs = 1234
            $0.ready = 5
            $0.inFlight = 4
            $0.retrying = 3
            $0.writing = 2
            $0.shelved = 1
            $0.ghosts = 6
            $0.breaker = .halfOpen
            $0.holdMs = 999
            $0.isPaused = true
            $0.gate = OperatorActs.Act(by: "eve", reason: "r", atMs: 3)
            $0.counts = .init(
                attempts: 9, repeats: 8, delivered: 7, rejected: 6, expired: 5, voided: 4, parked: 3,
                unknown: 2, asked: 1)
            $0.p50Ms = 1.5
            $0.p99Ms = 20
            $0.errors = [Self.error]
        }
        var report = Self.report("00000000000000aa", [full, Self.game("moon")])
        #expect(try DelivererStatusReport.decode(report.encode()) == report)
        report.isOpen = false
        report.why = "redis: not connected"
        #expect(try DelivererStatusReport.decode(report.encode()) == report)
    }

    @Test("backlog, and how long it takes")
    func backlog() {
        var game = Self.game("star")
        #expect(game.backlog == 0 && game.drainSeconds == 0 && game.backlogSeconds == 0)
        game.ready = 300
        game.unread = 150
        game.retrying = 30
        game.inFlight = 15
        game.shelved = 5
        #expect(game.backlog == 500)
        #expect(game.backlogSeconds == 2)
        // Nothing was sent in the last seconds: the share says.
        #expect(game.drainSeconds == 2)
        game.used = 100
        #expect(game.drainSeconds == 5)
        game.breaker = .open
        #expect(game.drainSeconds == nil)
        game.breaker = .closed
        game.isPaused = true
        #expect(game.drainSeconds == nil)
        game.isPaused = false
        (game.share, game.used) = (0, 0)
        #expect(game.drainSeconds == nil && game.backlogSeconds == nil)
    }

    @Test("the rate of the last seconds: over five of them, and nothing of what was before")
    func rate() {
        var rate = RecentRate()
        #expect(rate.perSecond == 0)
        for tick in 0...40 { rate.look(tick * 25, nowNs: UInt64(tick) * 250_000_000) }
        #expect(abs(rate.perSecond - 100) < 0.001)
        // It stands still: after five seconds nothing is left.
        for tick in 41...70 { rate.look(1000, nowNs: UInt64(tick) * 250_000_000) }
        #expect(rate.perSecond == 0)
        // Rare looks: those that there are.
        rate.look(1600, nowNs: 60_000_000_000)
        #expect(rate.perSecond > 0 && rate.perSecond < 20)
        rate.look(1600, nowNs: 60_000_000_000)
    }

    @Test("seeded: however often it is looked at, a steady counter's rate is right and the looks are bounded")
    func steady() {
        for seed in 0..<50 {
            var random = SplitMix64(seed: UInt64(seed))
            var rate = RecentRate()
            var nowNs: UInt64 = 1
            for _ in 0..<400 {
                nowNs += 1 + random.next() % 2_000_000_000
                rate.look(Int(nowNs / 1_000_000), nowNs: nowNs)
            }
            #expect(abs(rate.perSecond - 1000) < 2, "seed \(seed): \(rate.perSecond)")
        }
    }

    @Test("the last errors: a ring, the newest first, short and in one line; grants are none")
    func errors() {
        var ring = DeliveryErrors()
        func outcome(_ attempt: UInt16, _ outcome: Outcome) -> OutcomeRecord {
            OutcomeRecord(
                order: OrderID(rawValue: 1), coupon: 1, game: "g", gift: "p", attempt: attempt,
                outcome: outcome, status: 503, atMs: Int64(attempt), owner: 1,
                reason: String(repeating: "é\n", count: 500))
        }
        ring.take(outcome(1, .granted), answer: "")
        ring.take(outcome(1, .alreadyGranted), answer: "")
        ring.take(outcome(1, .voided), answer: "")
        #expect(ring.newestFirst.isEmpty)
        for attempt in 1...30 {
            ring.take(outcome(UInt16(attempt), .failed), answer: String(repeating: "包", count: 400))
            let newest = ring.newestFirst
            #expect(newest.count == min(attempt, DeliveryErrors.most))
            #expect(
                newest.map(\.atMs) == newest.map(\.atMs).sorted(by: >) && newest[0].atMs == Int64(attempt))
        }
        for error in ring.newestFirst {
            #expect(error.reason.utf8.count <= DeliveryErrors.maxReasonBytes && !error.reason.contains("\n"))
            #expect(error.answer.utf8.count <= DeliveryErrors.maxAnswerBytes && !error.answer.isEmpty)
        }
    }

    @Test("several instances: what they share is taken once, what each has is added up")
    func sum() {
        let one = Self.report(
            "a",
            [
                Self.game("star") {
                    $0.used = 100; $0.ready = 5; $0.oldestAgeMs = 9
                }
            ])
        var two = Self.report(
            "b",
            [
                Self.game("star") {
                    $0.used = 50; $0.ready = 6; $0.breaker = .open; $0.errors = [Self.error]
                },
                Self.game("moon"),
            ])
        two.isOpen = false
        two.why = "redis: not connected"
        let sum = StatusSum([one, two])
        #expect(sum.instances == 2 && sum.partitions == 16 && sum.totalLimit == 5000)
        #expect(sum.games.map(\.game) == ["star", "moon"])
        let star = sum.games[0]
        #expect(star.limit == 500 && star.share == 500 && star.used == 150 && star.backlog == 11)
        #expect(star.breaker == .open && star.oldestAgeMs == 9 && star.concurrency == 40)
        #expect(star.errors == [Self.error])
        #expect(sum.silent.map(\.owner) == ["b"])
    }
}
