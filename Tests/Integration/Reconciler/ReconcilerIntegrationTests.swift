import CampaignFiles
import Catalog
import Orders
import Stack
import Testing
import Wire

/// The reconciler over a real Redis and a Kafka-protocol broker.
@Suite("The reconciler over real stores", .blocking) struct ReconcilerIntegrationTests {
    private static func members(_ path: String) throws -> JSONObject {
        guard case .object(let object) = try JSON.parse(FileBytes.read(path), limits: .document) else {
            throw StackFailure("\(path) is no object")
        }
        return object
    }

    /// The classes that hold anything.
    private static func classes(_ report: JSONObject) -> [String: Int64] {
        guard case .object(let classes) = report["classes"] else { return [:] }
        var counts: [String: Int64] = [:]
        for member in classes.members {
            if case .integer(let count) = member.value, count > 0 { counts[member.key] = count }
        }
        return counts
    }

    @Test(
        "promise 3: a passed-over order is missing; its plan, applied twice, sends it once"
    )
    func aLostRecordIsFoundAndSentOnce() async throws {
        let house = try await ReconcilerHouse()
        let orders = try await house.claim(4)
        try await house.queue(Array(orders[0..<3]))
        try await house.deliver(orders[0], .granted)
        // Behind the mark: one that was delivered, one that nobody has seen. Before it: one. In the outbox:
        // one.
        try house.commit(2)

        let first = try house.reconciler(
            "run", "--config", house.settingsPath, "--out", house.path("first.json"))
        #expect(first.exit == .code(2), "\(first.output)")
        let report = try Self.members(house.path("first.json"))
        #expect(report["accepted"] == .integer(4))
        #expect(Self.classes(report) == ["delivered": 1, "missing": 1, "queued": 1, "outbox": 1])

        let planPath = house.path("plan.json")
        let planned = try house.reconciler("plan", "--config", house.settingsPath, "--out", planPath)
        #expect(planned.exit == .code(0), "\(planned.output)")
        guard case .string(let checksum) = try Self.members(planPath)["checksum"] else {
            Issue.record("the plan has no checksum")
            return
        }
        let shown = try house.reconciler("show", planPath)
        #expect(
            shown.exit == .code(0) && shown.output.contains(checksum) && shown.output.contains("passed_over"))

        func apply(_ sum: String, _ more: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
            let by = ["--by", "mei", "--reason", "a test"]
            return try house.reconciler(
                ["apply", planPath, "--config", house.settingsPath, "--checksum", sum] + by + more)
        }
        #expect(try apply(String(checksum.reversed()), "--yes").exit == .code(65))
        let dry = try apply(checksum)
        #expect(dry.exit == .code(0) && dry.output.contains("would send 1 orders"), "\(dry.output)")
        #expect(try house.queued(from: 3).isEmpty)

        let sent = try apply(checksum, "--yes")
        #expect(sent.exit == .code(0) && sent.output.contains("sent 1 orders"), "\(sent.output)")
        #expect(try house.queued(from: 3) == [orders[1].id])
        let again = try apply(checksum, "--yes")
        #expect(again.exit == .code(0) && again.output.contains("applied before by mei"), "\(again.output)")
        #expect(try house.queued(from: 3) == [orders[1].id])

        let last = try house.reconciler(
            "run", "--config", house.settingsPath, "--out", house.path("last.json"))
        #expect(last.exit == .code(0), "\(last.output)")
        #expect(
            Self.classes(try Self.members(house.path("last.json"))) == [
                "delivered": 1, "queued": 2, "outbox": 1,
            ])
        let audit = try house.reconciler("audit", "--config", house.settingsPath)
        for phase in ["begun", "done"] {
            #expect(audit.output.contains("mei  \(phase) 1 orders of plan \(checksum)"), "\(audit.output)")
        }
        await house.stop()
    }

    @Test(
        "promise 3: what was never due is unexpected; what has ended since is not sent"
    )
    func theUnexpectedAndTheEnded() async throws {
        let house = try await ReconcilerHouse()
        let orders = try await house.claim(2)
        try await house.queue(orders)
        try house.commit(2)
        var stranger = orders[0]
        stranger.id = OrderID(lane: 8, shard: 0, sequence: 5)
        try await house.produce(
            house.topics.outcomes, key: stranger.id.text,
            OutcomeRecord(
                order: stranger.id, coupon: 1, game: house.catalog.games[0].id,
                gift: house.catalog.gifts[0].id,
                attempt: 1, outcome: .granted, status: 200, atMs: 1, owner: 3, reason: ""
            ).encode())
        let planPath = house.path("plan.json")
        #expect(
            try house.reconciler("plan", "--config", house.settingsPath, "--out", planPath).exit == .code(0))
        let run = try house.reconciler("run", "--config", house.settingsPath, "--out", house.path("run.json"))
        #expect(run.exit == .code(2))
        let report = try Self.members(house.path("run.json"))
        #expect(report["unexpected_count"] == .integer(1))
        #expect(Self.classes(report) == ["missing": 2])

        try await house.deliver(orders[0], .granted)
        guard case .string(let checksum) = try Self.members(planPath)["checksum"] else {
            Issue.record("the plan has no checksum")
            return
        }
        let applied = try house.reconciler(
            "apply", planPath, "--config", house.settingsPath, "--checksum", checksum, "--by", "mei",
            "--reason", "t",
            "--yes")
        #expect(applied.output.contains("left alone: 1 delivered"), "\(applied.output)")
        #expect(try house.queued(from: 2) == [orders[1].id])
        await house.stop()
    }
}
