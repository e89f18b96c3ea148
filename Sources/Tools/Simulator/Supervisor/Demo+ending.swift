import Foundation
import Orders
import Stack
import Wire

/// After the burst: the queue drains, what is missing is found and sent again, and the books are closed.
extension Demo {
    /// What came of looking for the loss.
    struct Healing {
        /// Lost on purpose, and really not delivered by anything else since.
        let lost: Int
        /// Of those, in the first resend plan.
        let found: Int
        /// Orders in the first resend plan.
        let resent: Int
        /// What a second comparison would have sent again.
        let missing: Int
    }

    /// Waits until Kafka holds nothing undelivered and the deliverer has nothing in hand, twice in a row.
    func drain() throws {
        let queue = try QueueView(catalog: catalog, bootstrap: house.kafkaBootstrap)
        var progress = ProgressLine()
        var quiet = 0
        while quiet < 2 {
            try checkHealth()
            let depth = try queue.depth()
            let open = try openDeliveries()
            quiet = depth == 0 && open == 0 ? quiet + 1 : 0
            progress.show("\(depth.grouped) records wait, the deliverer holds \(open.map(\.grouped) ?? "?")")
            usleep(250_000)
        }
        Terminal.say("  drained")
    }

    /// Orders that the deliverer has in hand; nil while it does not answer.
    private func openDeliveries() throws -> Int? {
        let answer = try? LoopbackHTTP.get(
            port: house.plan.ports.delivererAdmin, "/v1/admin/status",
            headers: ["x-api-key": house.plan.secrets.adminKey])
        guard let answer else { return nil }
        guard answer.status == 200, case .object(let status) = try JSON.parse(answer.body, limits: .document),
            case .integer(let open) = status["open"]
        else { throw StackFailure("the deliverer's status: \(answer.status) \(answer.text)") }
        return Int(open)
    }

    func reconcile(_ loss: Loss) throws -> Healing {
        let reconciliation = Reconciliation(house: house)
        // A hung game may have read since what it had been sent before; such an order is not lost.
        let lost = loss.orders.subtracting(try settled())
        let first = try reconciliation.plan("plan")
        let found = lost.intersection(first.orders).count
        Terminal.say("  \(first.orders.count) orders are due, and nowhere on their way")
        Terminal.say("  among them are \(found) of the \(lost.count) lost on purpose")
        var missing = 0
        if !first.orders.isEmpty {
            try reconciliation.apply(first, reason: "demo: records lost on purpose")
            try drain()
            missing = try reconciliation.plan("plan-again").orders.count
            Terminal.say("  sent again; compared once more: \(missing) missing")
        }
        return Healing(lost: lost.count, found: found, resent: first.orders.count, missing: missing)
    }

    /// Closes the books from what games and clients saw.
    func result(_ people: CrowdRun.Result, _ healing: Healing, _ crowd: Crowd) throws -> DemoResult {
        let report = try view.report()
        let grants = try view.grants()
        let settled = Set(grants.filter { $0.count > 0 || $0.rejections > 0 }.map(\.order))
        let unsettled = people.acceptances.filter { !settled.contains($0.order) }
        let audit = LedgerAudit(
            acceptances: people.acceptances, grants: grants, standings: try standings(unsettled, crowd),
            catalog: catalog, windowsOverLimit: report.windowsOver)
        return DemoResult(
            audit: audit, funnel: people.funnel, report: report,
            waits: DemoTables.waits(people.acceptances, grants), lostOnPurpose: healing.lost,
            found: healing.found,
            resent: healing.resent, missingAfterwards: healing.missing,
            restarts: ["claim": house.restarts(of: "claim"), "deliverer": house.restarts(of: "deliverer")],
            seconds: elapsedS)
    }

    /// Asks, as their owners, for the orders that no game has dealt with; at most so many.
    private func standings(_ acceptances: [Acceptance], _ crowd: Crowd) throws -> [OrderID: String] {
        let owners = Dictionary(crowd.people.map { ($0.user, $0) }) { first, _ in first }
        let desk = try crowd.desk()
        var standings: [OrderID: String] = [:]
        for acceptance in acceptances.prefix(LedgerAudit.maxLostShown)
        where standings[acceptance.order] == nil {
            guard let owner = owners[acceptance.user] else { continue }
            let answer = try LoopbackHTTP.get(
                port: house.plan.ports.claim, "/v1/orders/\(acceptance.order.text)",
                headers: ["authorization": "Bearer \(desk.ticket(owner))"])
            guard case .object(let order) = try? JSON.parse(answer.body, limits: .request),
                case .string(let state) = order["state"]
            else { continue }
            standings[acceptance.order] = state
        }
        return standings
    }
}
