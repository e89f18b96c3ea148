import Glibc
import OrderStore
import Orders
import Stack
import Testing

/// Applying a plan: by whom, how fast, and cut off anywhere.
@Suite("Reconciler: a plan is applied", .serialized)
struct ApplyTests {
    private static func lostOrders(
        _ count: Int = 5, _ more: String = "",
        _ body: (ReconcilerHouse, [Order], _ plan: String, _ sum: String) async throws -> Void
    ) async throws {
        let house = try await ReconcilerHouse(more)
        let orders = try await house.claim(count)
        try await house.queue(orders)
        try house.commit(Int64(count))
        let path = house.path("plan.json")
        try await body(house, orders, path, try house.plan(path))
        await house.stop()
    }

    private static func words(
        _ house: ReconcilerHouse, _ verb: String, _ plan: String, _ sum: String, by: String = "mei"
    ) -> [String] {
        let who = ["--checksum", sum, "--by", by, "--reason", "a test"]
        return ["plan", verb, plan, "--config", house.settingsPath] + who
    }

    /// How many orders were sent when a run of windows of one dies behind a step.
    private static let sentBy = [
        "begun:1": 0, "looked:2": 1, "marked:2": 1, "sent:2": 2, "sent:5": 5, "through:1": 5, "done:1": 5,
    ]

    @Test(
        "promise 4: killed behind any step, the next run sends the rest, and nothing twice",
        arguments: sentBy.keys.sorted())
    func killed(step: String) async throws {
        try await Self.lostOrders { house, orders, plan, sum in
            let apply = Self.words(house, "apply", plan, sum) + ["--yes"]
            // Windows of one order each.
            let first = try house.reconciler(apply + ["--rate", "7"], dyingAt: step)
            #expect(first.exit == .signal(SIGKILL), "\(first.output)")
            let early = try house.queued(from: 5)
            #expect(Set(early).count == early.count)
            #expect(early.count == Self.sentBy[step])
            let second = try house.reconciler(apply)
            #expect(second.exit == .code(0), "\(second.output)")
            #expect(try house.queued(from: 5).sorted() == orders.map(\.id))
            let third = try house.reconciler(apply)
            #expect(third.output.contains("applied before by mei"), "\(third.output)")
            #expect(try house.queued(from: 5).count == 5)
            #expect(try house.acts().last?.phase == .done)
            #expect(try house.plan(house.path("again.json")) != sum)
        }
    }

    @Test(
        "promise 4: whose state is lost is unknown before it is sent, killed behind any step of that",
        arguments: ["attempted:1", "marked:1", "sent:1"])
    func stateLost(step: String) async throws {
        try await Self.lostOrders { house, orders, _, _ in
            try await house.forgetStates(of: orders[0])
            let plan = house.path("lost.json")
            let sum = try house.plan(plan)
            let apply = Self.words(house, "apply", plan, sum) + ["--yes"]
            #expect(try house.reconciler("show", plan).output.contains("game is asked first"))
            #expect(try house.reconciler(apply + ["--rate", "100"], dyingAt: step).exit == .signal(SIGKILL))
            let second = try house.reconciler(apply)
            #expect(second.exit == .code(0), "\(second.output)")
            #expect(try house.queued(from: 5).sorted() == orders.map(\.id))
            let states = try await house.store.states(orders.map(\.id))
            #expect(states.values.allSatisfy { $0 == .unknown || $0 == .inFlight }, "\(states)")
            if step != "attempted:1" { #expect(states.values.allSatisfy { $0 == .unknown }) }
        }
    }

    @Test("stops on SIGINT, on SIGTERM and on somebody's word, says so, and goes on when it is applied again")
    func stopped() async throws {
        try await Self.lostOrders(12) { house, orders, plan, sum in
            let apply = Self.words(house, "apply", plan, sum) + ["--yes"]
            for signal in [SIGINT, SIGTERM, 0] {
                let before = try house.queued(from: 12).count
                let process = try house.begin(apply + ["--rate", "1"])
                #expect(try await eventually { try house.queued(from: 12).count > before })
                if signal == 0 {
                    let asked = try house.reconciler(Self.words(house, "stop", plan, sum, by: "lin"))
                    #expect(asked.exit == .code(0), "\(asked.output)")
                } else {
                    process.signal(signal)
                }
                #expect(process.waitForExit(within: .seconds(30)) == .code(75), "\(process.logTail())")
                #expect(process.logTail().contains(signal == 0 ? "by lin (a test)" : "by a signal"))
                #expect(try house.queued(from: 12).count < 12)
                #expect(try house.acts().last?.phase == .stopped)
            }
            #expect(try house.reconciler(apply).exit == .code(0))
            #expect(try house.queued(from: 12).sorted() == orders.map(\.id))
            let audit = try house.reconciler("audit", "--config", house.settingsPath).output
            for word in ["mei  begun 12 orders", "lin  stop 12 orders", "stopped", "done"] {
                #expect(audit.contains(word), "\(audit)")
            }
        }
    }

    @Test("promise 10: many orders need two people, who are not the same in another spelling")
    func twoPeople() async throws {
        try await Self.lostOrders(5, "resend: {orders_alone: 4}") { house, orders, plan, sum in
            let apply = Self.words(house, "apply", plan, sum)
            #expect(try house.reconciler(apply).output.contains("a second person must approve it"))
            #expect(try house.reconciler(apply + ["--yes"]).exit == .code(77))
            let own = try house.reconciler(Self.words(house, "approve", plan, sum, by: " Mei"))
            #expect(own.exit == .code(0), "\(own.output)")
            #expect(try house.reconciler(apply + ["--yes"]).exit == .code(77))
            let wrong = Self.words(house, "approve", plan, String(sum.reversed()), by: "lin")
            #expect(try house.reconciler(wrong).exit == .code(65))
            #expect(try house.queued(from: 5).isEmpty)
            #expect(try house.reconciler(Self.words(house, "approve", plan, sum, by: "lin")).exit == .code(0))
            let sent = try house.reconciler(apply + ["--yes"])
            #expect(sent.exit == .code(0) && sent.output.contains("sent 5 orders"), "\(sent.output)")
            #expect(try house.acts().map(\.phase) == [.approved, .approved, .begun, .done])
            #expect(try house.reconciler(apply + ["--yes", "--dry-run"]).exit == .code(64))
        }
    }

    @Test(
        "a run that was killed leaves no report, and the next one says the same",
        arguments: ["claims:1", "topics:1", "states:1", "looked_again:1"])
    func runKilled(step: String) async throws {
        try await Self.lostOrders { house, _, _, _ in
            let (path, other) = (house.path("killed.json"), house.path("whole.json"))
            let run = ["run", "--config", house.settingsPath, "--out"]
            let whole = try house.reconciler(run + [other])
            #expect(whole.exit == .code(2), "\(whole.output)")
            #expect(try house.reconciler(run + [path], dyingAt: step).exit == .signal(SIGKILL))
            #expect(access(path, F_OK) != 0)
            #expect(try house.reconciler(run + [path]).exit == .code(2))
            #expect(try house.classes(path) == ["missing": 5])
            #expect(try house.classes(other) == ["missing": 5])
        }
    }
}
