import Catalog
import Logging
import NIOCore
import Operators
import OrderStore
import Orders
import Redis
import Telemetry

/// What operators do with orders that wait for approval.
///
/// Each act goes the same way: looked at in Redis (an act that cannot be is refused, and leaves nothing
/// behind) → the day's cap → the control topic, acknowledged → Redis, whose script decides. A process that
/// dies between the last two has written down an act that was not done: the order still waits, and the
/// operator is told nothing or 503 and asks again. Two that act on one order at a time both stand in the
/// topic; the script lets one of them through, and an order that stands in its game's topic was approved.
///
/// Any thread: what touches a loop's state is done on that loop.
final class HeldDesk: Sendable {
    /// Orders that a page shows, about: a shard is shown whole.
    static let pageSizes = 1...1000

    private let loops: [ClaimLoop]
    private let journal: ControlJournal
    private let risk: RiskReading
    private let logger: Logger

    init(loops: [ClaimLoop], journal: ControlJournal, risk: RiskReading, logger: Logger) {
        precondition(!loops.isEmpty)
        self.loops = loops
        self.journal = journal
        self.risk = risk
        self.logger = logger
    }

    // MARK: - Looking

    /// Held orders, shard by shard, until there are `most`.
    func list(fromShard first: Int, most: Int) async throws(OperatorProblem) -> HeldDocument {
        let loop = loops[0]
        let shards = loop.plan.keys.shards
        var held = [HeldOrder]()
        var shard = first
        while shard < shards, held.count < most {
            let place = UInt16(shard)
            held += try await asking(loop) { store, then in store.heldOrders(shard: place, then: then) }
            shard += 1
        }
        let catalog = await catalog(of: loop)
        let risks = await risk.risks(of: Set(held.map(\.order.id)), catalog)
        return HeldDocument(
            entries: held.map { held in
                HeldDocument.Entry(held: held, risk: risks.map { $0[held.order.id] ?? [] })
            }, nextShard: shard < shards ? shard : nil)
    }

    func catalog() async -> Catalog { await catalog(of: loops[0]) }

    private func catalog(of loop: ClaimLoop) async -> Catalog {
        await withCheckedContinuation { then in
            loop.loop.execute { then.resume(returning: loop.plan.catalog) }
        }
    }

    // MARK: - Acting

    func approve(
        _ id: OrderID, operator name: String, reason: String
    ) async throws(OperatorProblem) -> HeldAnswer {
        let loop = try loop(of: id)
        let catalog = await catalog(of: loop)
        let held = try await held(id, loop)
        let order = held.order
        let nowMs = SystemClock.nowMs
        guard nowMs < order.deadlineMs else { throw .pastDeadline }
        guard catalog.holds(order) else { throw .noSuchOrder }
        let needed = catalog.campaign.approvals(of: catalog.gifts[Int(order.gift)])
        guard needed == 1 || held.firstApprover != name else { throw .sameOperator }
        try await takeCap(name, catalog.campaign, nowMs, loop)
        try await write(id, .approved, name, reason, nowMs)
        let decision = try await asking(loop) { store, then in
            store.approve(order, operator: name, needed: needed, then: then)
        }
        switch decision {
        case .released(let order):
            let state = await release(order, loop)
            log("held order released", id, name)
            return .released(id, state, needed: needed)
        case .firstOfTwo:
            log("held order approved by the first of two", id, name)
            return .firstOfTwo(id)
        case .sameOperator: throw .sameOperator
        case .notHeld(let state): throw .notHeld(state)
        }
    }

    func refuse(
        _ id: OrderID, operator name: String, reason: String
    ) async throws(OperatorProblem) -> HeldAnswer {
        let loop = try loop(of: id)
        let catalog = await catalog(of: loop)
        let order = try await held(id, loop).order
        guard catalog.holds(order) else { throw .noSuchOrder }
        let hasAmount = catalog.gifts[Int(order.gift)].amount != nil
        try await write(id, .refused, name, reason, SystemClock.nowMs)
        let decision = try await asking(loop) { store, then in
            store.refuse(order, hasAmount: hasAmount, then: then)
        }
        switch decision {
        case .refused:
            await announceStock(loop)
            log("held order refused", id, name)
            return .refused(id)
        case .notHeld(let state): throw .notHeld(state)
        }
    }

    /// The refused order's pack lies in its shard: whoever calls the gift sold out is to look again. Where
    /// this fails the order is refused all the same, and the pack is found when that memory ends.
    private func announceStock(_ loop: ClaimLoop) async {
        do throws(OperatorProblem) {
            _ = try await asking(loop) { store, then in store.announceStock(then: then) }
        } catch {
            logger.warning("returned stock not announced", metadata: ["error": "\(error.detail ?? "")"])
        }
    }

    /// The order as it waits; else why it does not.
    private func held(_ id: OrderID, _ loop: ClaimLoop) async throws(OperatorProblem) -> HeldOrder {
        let held = try await asking(loop) { store, then in store.heldOrder(id, then: then) }
        if let held { return held }
        let state = try await asking(loop) { store, then in store.state(id, then: then) }
        throw state == .none ? .noSuchOrder : .notHeld(state)
    }

    private func takeCap(
        _ name: String, _ campaign: Campaign, _ nowMs: Int64, _ loop: ClaimLoop
    ) async throws(OperatorProblem) {
        guard let cap = campaign.approval?.capPerOperatorPerDay else { return }
        let day = OperatorDay(nowMs: nowMs, offsetMinutes: campaign.quotas.dayOffsetMinutes)
        let isTaken = try await asking(loop) { store, then in
            store.takeOperatorCap(operator: name, day: day.number, cap: cap, then: then)
        }
        guard isTaken else { throw .capReached(cap, retryAfterS: day.leftS) }
    }

    private func write(
        _ id: OrderID, _ verdict: ControlRecord.Verdict, _ name: String, _ reason: String, _ atMs: Int64
    ) async throws(OperatorProblem) {
        try await journal.append(
            .approval(order: id, verdict: verdict, by: name, reason: reason, atMs: atMs), key: id.text)
    }

    /// Hands a released order to Kafka: `queued` once that has it. Else it stands in the outbox, and the
    /// sweep takes care of it.
    private func release(_ order: Order, _ loop: ClaimLoop) async -> OrderState {
        await withCheckedContinuation { then in
            loop.loop.execute {
                loop.submitReleased(order) { answer in
                    switch answer {
                    case .accepted(_, .queued), .stored(_, .queued): then.resume(returning: .queued)
                    default: then.resume(returning: .outbox)
                    }
                }
            }
        }
    }

    private func loop(of id: OrderID) throws(OperatorProblem) -> ClaimLoop {
        guard Int(id.shard) < loops[0].plan.keys.shards else { throw .noSuchOrder }
        return loops[Int(id.shard) % loops.count]
    }

    private func asking<Value: Sendable>(
        _ loop: ClaimLoop,
        _ body: @escaping @Sendable (OrderStore, @escaping OrderStore.Answer<Value>) -> Void
    ) async throws(OperatorProblem) -> Value {
        do throws(RedisFailure) {
            return try await loop.store.awaiting(body)
        } catch {
            throw .storeAway(error.message)
        }
    }

    private func log(_ what: String, _ id: OrderID, _ name: String) {
        logger.notice("\(what)", metadata: ["order": "\(id)", "by": "\(name)"])
    }
}
