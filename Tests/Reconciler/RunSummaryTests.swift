import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("What a run tells")
struct RunSummaryTests {
    private static func report(
        atMs: Int64, _ change: (inout Reconciliation) -> Void
    ) throws -> ReconciliationReport {
        var facts = Reconciliation()
        change(&facts)
        var judge = CutJudge(ReconcilerFixture.catalog, atMs: atMs, tooYoungMs: 0)
        try judge.take(judge.judge(&facts, most: 0))
        let cut = try judge.end(judge.aside)
        return ReconciliationReport(
            catalog: ReconcilerFixture.catalog, cut: cut, verdict: cut.verdict, tooYoungMs: 0)
    }

    private static func summary(
        _ report: ReconciliationReport, alarmAgeMs: Int64 = 1_000_000_000
    ) -> RunSummary {
        RunSummary(
            id: RunID(epoch: 3, number: 4), cause: RunCause(by: "ann", reason: "before the talk"),
            begunAtMs: 1, endedAtMs: 2, report, alarmAgeMs: alarmAgeMs)
    }

    @Test("nothing to alarm of")
    func quiet() throws {
        let run = Self.summary(
            try Self.report(atMs: 10_000) { facts in
                let order = ReconcilerFixture.order(1)
                facts.claimed(order, game: 0)
                facts.cameOut(order.id, .granted, attempt: 1, game: 0)
            })
        #expect(run.alarms.isEmpty && run.oldest == nil && run.oldestAgeMs == 0)
        #expect(run.accepted == 1 && run.classes["delivered"] == 1)
    }

    @Test("each alarm by its cause: missing, unexpected, too long open")
    func alarms() throws {
        let report = try Self.report(atMs: 100_000) { facts in
            facts.claimed(ReconcilerFixture.order(1, claimedAtMs: 60_000), game: 0)
            let waiting = ReconcilerFixture.order(2, claimedAtMs: 40_000)
            facts.stoodInOrders(waiting, game: 0, isLive: true)
            facts.cameOut(OrderID(rawValue: 99), .granted, attempt: 1, game: 0)
        }
        let run = Self.summary(report, alarmAgeMs: 59_999)
        #expect(run.alarms.map(\.kind) == [.missing, .unexpected, .oldest])
        #expect(run.oldest == .init(order: OrderID(rawValue: 2).text, claimedAtMs: 40_000, place: "queued"))
        #expect(run.alarms.last?.text.hasSuffix("queued since 1m 0s") == true)
        #expect(Self.summary(report, alarmAgeMs: 60_000).alarms.map(\.kind) == [.missing, .unexpected])
    }

    @Test("a report's head reads back as what it was")
    func wire() throws {
        let report = try Self.report(atMs: 100_000) { facts in
            facts.claimed(ReconcilerFixture.order(1, claimedAtMs: 60_000), game: 0)
        }
        for cause in [RunCause.periodic, RunCause(by: "ann", reason: "\"why\"")] {
            var run = Self.summary(report, alarmAgeMs: 1)
            run.cause = cause
            let bytes = RunDesk.document(run, report)
            guard case .object(let document) = try JSON.parse(bytes, limits: .document),
                let head = document["run"], case .object(let body)? = document["report"]
            else {
                Issue.record("no document")
                return
            }
            #expect(try RunSummary(head) == run)
            #expect(body["accepted"] == .integer(1))
        }
    }

    @Test("ages are told in the two greatest units")
    func ages() {
        #expect(RunAlarm.age(0) == "0s" && RunAlarm.age(59_999) == "59s")
        #expect(RunAlarm.age(61_000) == "1m 1s" && RunAlarm.age(49 * 3_600_000 + 720_000) == "49h 12m")
    }
}
