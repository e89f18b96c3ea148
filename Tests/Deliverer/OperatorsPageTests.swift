import OrderStore
import Orders
import Testing

@testable import Deliverer

/// What `deliverer status`, `limits` and `why` print.
@Suite("operators' pages")
struct OperatorsPageTests {
    @Test("numbers as a person reads them")
    func numbers() {
        #expect(Numbers.count(0) == "0" && Numbers.count(999) == "999" && Numbers.count(1000) == "1,000")
        #expect(Numbers.count(12_345_678) == "12,345,678" && Numbers.count(-1234) == "-1,234")
        #expect(Numbers.rate(0) == "0" && Numbers.rate(0.001) == "0.001" && Numbers.rate(9.96) == "10.0")
        #expect(Numbers.rate(5000) == "5,000" && Numbers.rate(499.6) == "500")
        #expect(Numbers.span(seconds: 0.0421) == "42ms" && Numbers.span(seconds: 4.25) == "4.3s")
        #expect(Numbers.span(seconds: 190) == "3m10s" && Numbers.span(seconds: 7500) == "2h05m")
        #expect(Numbers.span(seconds: 273_600) == "3d04h" && Numbers.span(seconds: .infinity) == "-")
        #expect(Numbers.clock(unixMs: 1_790_000_000_000) == "14:13:20")
        #expect(Numbers.cut("abcdef", 4) == "abc…" && Numbers.cut("abc", 3) == "abc")
    }

    private func page() -> String {
        let error = OperatorsStatusTests.error
        let games = [
            OperatorsStatusTests.game("dragon-tide") {
                $0.used = 498.2
                $0.unread = 12_000
                $0.ready = 31
                $0.inFlight = 12
                $0.oldestAgeMs = 42_000
                $0.p99Ms = 48
                $0.errors = [error, error]
            },
            OperatorsStatusTests.game("a-game-with-a-name-that-goes-on") {
                $0.isPaused = true
                $0.gate = OperatorActs.Act(
                    by: "deliverer", reason: String(repeating: "answered 410, ", count: 20), atMs: 1)
                $0.ready = 1_000_000
            },
            OperatorsStatusTests.game("moon") {
                $0.breaker = .open; $0.retrying = 3
            },
            OperatorsStatusTests.game("tea"),
        ]
        let sum = StatusSum([OperatorsStatusTests.report("00000000000000aa", games)])
        return StatusTable(
            campaign: "spring-festival", sum: sum, deaf: ["http://127.0.0.1:1: refused"]
        ).text
    }

    @Test("a page has 100 columns at most, and no blanks at a line's end")
    func width() {
        for line in page().split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= TextTable.width && !line.hasSuffix(" "), "\(line.count): \(line)")
        }
    }

    @Test("the page tells each game's pace, backlog and trouble")
    func content() throws {
        let lines = page().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0].hasPrefix("spring-festival · 1 deliverer, 8 partitions · 498 of 5,000 a second"))
        let dragon = try #require(lines.first { $0.hasPrefix("dragon-tide") })
        for part in ["500", "498", "12,043", "24.2s", "42.0s", "12/20", "48ms", "ok"] {
            #expect(dragon.contains(part), "\(part): \(dragon)")
        }
        let paused = try #require(lines.first { $0.hasPrefix("a-game-with-a-name-") })
        // The last column gives way, so that the page keeps its width.
        #expect(paused.contains("paused by deliver") && paused.hasSuffix("…"))
        #expect(lines.contains { $0.hasPrefix("moon") && $0.hasSuffix("breaker open") })
        #expect(lines.contains { $0.hasPrefix("tea") && $0.hasSuffix("idle") })
        #expect(lines.contains { $0.contains("try 2") && $0.contains("503") && $0.contains("not now") })
        #expect(lines.contains { $0.contains("no answer: http://127.0.0.1:1") })
    }

    @Test("states: what holds a game up comes first")
    func states() {
        func state(_ change: (inout GameStatus) -> Void) -> String {
            StatusTable.state(OperatorsStatusTests.game("g", change))
        }
        #expect(state { _ in } == "idle")
        #expect(state { $0.ready = 1 } == "ok")
        #expect(
            state {
                $0.ready = 1; $0.share = 0
            } == "no share")
        #expect(state { $0.holdMs = 2500 } == "told to wait 2.5s")
        #expect(
            state {
                $0.breaker = .halfOpen; $0.holdMs = 2500
            } == "probing")
        #expect(
            state {
                $0.isPaused = true; $0.breaker = .open
            } == "paused")
    }

    private func why(
        _ look: OrderLook, _ places: [(instance: String, place: OrderPlace?)] = [("aa", nil)],
        _ game: GameStatus? = nil
    ) -> String {
        WhyText(
            id: OrderID(rawValue: 77), look: look, places: places, game: game, nowMs: 1_000_000
        ).text
    }

    private var order: Order {
        Order(
            id: OrderID(rawValue: 77), coupon: 1, user: 2, gift: 0, region: 0, role: 0, claimedAtMs: 940_000,
            deadlineMs: 1_600_000)
    }

    @Test("why: one that sleeps, with its attempts, deadline, and its game's trouble")
    func sleeping() {
        let place = OrderPlace(game: "star", phase: "sleeping", errand: "deliver", made: 2, waitMs: 3200)
        let text = why(
            OrderLook(state: .retrying, made: 2, order: order), [("aa", nil), ("bb", place)],
            OperatorsStatusTests.game("star") { $0.breaker = .open })
        for part in [
            "of star", "claimed 1m00s ago", "tried again", "Attempts made: 2", "expires in 10m00s",
            "Deliverer bb has it: it sleeps for 3.2s until its next attempt", "breaker is open",
        ] { #expect(text.contains(part), "\(part): \(text)") }
        #expect(!text.contains("\n"))
    }

    @Test("why: one in flight, at a living owner and at a dead one")
    func inFlight() {
        var look = OrderLook(state: .inFlight, made: 3, owner: 0xAB, deadlineInMs: 1500, order: order)
        #expect(why(look).contains("Attempt 3 belongs to instance 00000000000000ab for another 1.5s"))
        look.deadlineInMs = -20_000
        #expect(why(look).contains("ended 20.0s ago without a word"))
    }

    @Test("why: queued behind others, unbound, paused, unanswered; and what has ended waits for nothing")
    func others() {
        let backlog = OperatorsStatusTests.game("star") { $0.unread = 12_000 }
        let queued = why(OrderLook(state: .queued), [("aa", nil)], backlog)
        #expect(queued.contains("No coupon is bound to it") && queued.contains("behind 12,000"))
        #expect(queued.contains("takes 500 a second"))
        #expect(why(OrderLook(state: .queued), []).contains("No Deliverer answers"))
        let paused = OperatorsStatusTests.game("star") {
            $0.isPaused = true
            $0.gate = OperatorActs.Act(by: "eve", reason: "on their wish", atMs: 940_000)
        }
        #expect(
            why(OrderLook(state: .queued, order: order), [("aa", nil)], paused)
                .contains("star is paused by eve 1m00s ago (on their wish)"))
        for state in OrderState.allCases where state.isClosed {
            let text = why(OrderLook(state: state, made: 1, order: order), [("aa", nil)], paused)
            #expect(!text.contains("paused") && !text.contains("expires"), "\(text)")
        }
        #expect(why(OrderLook(state: .none)).contains("is not known"))
    }

    @Test("limits: who set what, and what the file says")
    func limits() {
        let act = OperatorActs.Act(by: "eve", reason: "their wish", atMs: 940_000)
        let file = LimitsDocument.Numbers(perSecond: 500, burst: 50, maxConcurrency: 40)
        let document = LimitsDocument(
            total: .init(limit: .init(perSecond: 5000, burst: 500), file: .init(perSecond: 5000, burst: 500)),
            games: [
                .init(
                    game: "star", limit: .init(perSecond: 20, burst: 10, maxConcurrency: 9), file: file,
                    set: act, isPaused: true, gate: act),
                .init(game: "moon", limit: file, file: file),
            ])
        let all = LimitsTable(document, only: nil, nowMs: 1_000_000).text
        #expect(all.split(separator: "\n").count == 4)
        #expect(all.contains("paused by eve 1m00s ago: their wish · set by eve"))
        let one = LimitsTable(document, only: "moon", nowMs: 1_000_000).text.split(separator: "\n")
        #expect(one.count == 2 && one[1].hasPrefix("moon"))
    }
}
