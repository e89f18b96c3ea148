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
                facts.stands(order.id, .delivered, hasLapsed: false)
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

    @Test("what a game's statement says: doubled, conflicting; what no store holds; what cannot be read")
    func besides() throws {
        let orders = (1...3).map { ReconcilerFixture.order($0) }
        let report = try Self.report(atMs: 100_000) { facts in
            for order in orders { facts.stoodInOrders(order, game: 0, isLive: true) }
            facts.unnamed(OrderID(rawValue: 77), .queued)
            let granted = [orders[0].id: 2, orders[1].id: 3]
            facts.stated(0, GameStatement(file: "theirs", madeAtMs: 5, granted: granted))
        }
        let run = RunSummary(
            id: RunID(epoch: 3, number: 4), cause: .periodic, begunAtMs: 1, endedAtMs: 2, report,
            alarmAgeMs: 1_000_000_000, unread: ["moon: f: ends too early"])
        #expect(run.doubled == 2 && report.verdict.doubled.count == 2)
        #expect(run.conflicting == report.verdict.conflicts.count && run.conflicting == 2)
        #expect(run.nameless == 1 && run.missing == 1)
        #expect(run.alarms.map(\.kind) == [.missing, .doubled, .conflicting, .nameless, .statement])
        #expect(run.alarms.last?.text.contains("moon: f: ends too early") == true)
        var json = JSONWriter(reserving: 1 << 10)
        run.write(&json)
        #expect(try RunSummary(JSON.parse(json.bytes, limits: .document)) == run)
        // As an earlier version wrote it.
        let text = String(decoding: json.bytes, as: UTF8.self)
        let early = text.replacing(",\"conflicting\":2,\"nameless\":1", with: "")
        #expect(early != text)
        let read = try RunSummary(JSON.parse(Array(early.utf8), limits: .document))
        #expect(read.doubled == 2 && read.conflicting == 0 && read.nameless == 0)
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
