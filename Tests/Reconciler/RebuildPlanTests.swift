import Catalog
import OrderLog
import OrderStore
import Orders
import Testing
import Wire

@testable import Reconciler

@Suite struct RebuildPlanTests {
    private static func entry(_ plan: RebuildPlan, _ id: OrderID) -> RebuildPlan.Entry? {
        plan.shards.joined().first { $0.order.id == id }
    }

    @Test("promise 1: of two orders of one coupon the one that was sent stays, else the lower ID")
    func twoOrders() throws {
        let (first, second) = (
            RebuildWorld.order(7, sequence: 1), RebuildWorld.order(7, lane: 12, sequence: 0)
        )
        var world = RebuildWorld()
        world.queued = [first, second]
        var plan = RebuildPlan(world.book)
        #expect(plan.losers == [second.id])
        #expect(try #require(Self.entry(plan, second.id)).state == .voided)
        #expect(try #require(Self.entry(plan, first.id)).state == .queued)
        #expect(plan.missing.contains(.outcome(second, .voided, attempt: 0)))

        world.outcomes = [(second.id, .granted, 1)]
        plan = RebuildPlan(world.book)
        #expect(plan.losers == [first.id])
        #expect(try #require(Self.entry(plan, second.id)).state == .delivered)
        // What may have been granted is not called voided.
        world.outcomes.append((first.id, .unknown, 1))
        #expect(try #require(Self.entry(RebuildPlan(world.book), first.id)).state == .unknown)
        #expect(plan.stock(world.catalog.gifts[0]).issued == 1)
    }

    @Test("a held order: approved is released, refused gives its pack back, two are two different ones")
    func held() throws {
        func plan(_ verdicts: [(ControlRecord.Verdict, String)], isQueued: Bool = false) -> RebuildPlan.Entry?
        {
            var world = RebuildWorld()
            let order = RebuildWorld.order(3, sequence: 4)
            world.held = [order]
            if isQueued { world.queued = [order] }
            world.control = verdicts.map {
                .approval(order: order.id, verdict: $0.0, by: $0.1, reason: "", atMs: 0)
            }
            let plan = RebuildPlan(world.book)
            #expect(plan.stock(world.catalog.gifts[0]).issued == (plan.counts[.voided] == 1 ? 0 : 1))
            return Self.entry(plan, order.id)
        }
        #expect(plan([])?.state == .held)
        #expect(plan([(.approved, "ada")])?.state == .outbox)
        #expect(plan([(.approved, "ada")], isQueued: true)?.state == .queued)
        #expect(plan([(.refused, "ada")])?.state == .voided)
        // Two said two things: it was released, as its record in the queue shows.
        #expect(plan([(.approved, "ada"), (.refused, "bob")], isQueued: true)?.state == .queued)
        var known = RebuiltOrder(RebuildWorld.order(3, sequence: 4))
        known.isInHeld = true
        known.approvers = ["ada"]
        #expect(known.standing(approvals: 2).state == .held)
        known.approvers = ["ada", "bob"]
        #expect(known.standing(approvals: 2).state == .outbox)
    }

    /// Its Deliverer was killed between Kafka's word and Redis's, and the next one parked it.
    @Test("promise 4: who was granted is delivered, though parked in Redis and by a later word in Kafka")
    func grantedAndParked() throws {
        let order = RebuildWorld.order(3, sequence: 4)
        let words: [[Outcome]] = [[.granted, .parked], [.parked, .granted], [.alreadyGranted, .parked]]
        for outcomes in words {
            var known = RebuiltOrder(order)
            for outcome in outcomes { known.take(outcome, attempt: 1) }
            (known.state, known.made, known.isRecorded) = (.parked, 1, true)
            #expect(known.standing(approvals: 1) == .init(state: .delivered), "\(outcomes)")
        }
        var parked = RebuiltOrder(order)
        parked.take(.parked, attempt: 1)
        (parked.state, parked.made, parked.isRecorded) = (.parked, 1, true)
        #expect(parked.standing(approvals: 1).state == .parked)
    }

    @Test("promise 4: what was redriven after its end is open, and may have been granted")
    func redriven() {
        func standing(
            _ outcome: Outcome, _ state: OrderState, made: UInt16, resent: UInt16?
        ) -> RebuiltOrder.Standing {
            var known = RebuiltOrder(RebuildWorld.order(3, sequence: 4))
            known.take(outcome, attempt: 2)
            (known.state, known.made, known.isRecorded) = (state, made, true)
            (known.resentAttempts, known.recordedAttempts) = (resent, resent ?? 0)
            return known.standing(approvals: 1)
        }
        for outcome in [Outcome.rejected, .expired] {
            let end = RebuiltOrder.Standing(state: outcome.state)
            #expect(standing(outcome, .queued, made: 2, resent: 2) == .init(state: .queued, made: 2))
            #expect(standing(outcome, .inFlight, made: 3, resent: 2) == .init(state: .unknown, made: 3))
            #expect(standing(outcome, .inFlight, made: 3, resent: nil) == .init(state: .unknown, made: 3))
            #expect(standing(outcome, .retrying, made: 3, resent: 2) == .init(state: .retrying, made: 3))
            #expect(standing(outcome, outcome.state, made: 0, resent: 2) == end)
            // The outcome comes before the state.
            #expect(standing(outcome, .inFlight, made: 2, resent: 1) == end)
            #expect(standing(outcome, .inFlight, made: 2, resent: nil) == end)
            #expect(standing(outcome, .none, made: 0, resent: nil) == end)
        }
        // Redis has lost everything: the record tells.
        #expect(standing(.rejected, .none, made: 0, resent: 2) == .init(state: .queued, made: 2))
        #expect(standing(.rejected, .none, made: 0, resent: 1) == .init(state: .rejected))
        #expect(standing(.expired, .none, made: 0, resent: 2) == .init(state: .expired))
        var world = RebuildWorld()
        var order = RebuildWorld.order(3, sequence: 4)
        (order.isResend, order.attempt) = (true, 2)
        world.queued = [order]
        world.outcomes = [(order.id, .rejected, 2)]
        #expect(Self.entry(RebuildPlan(world.book), order.id)?.state == .queued)
    }

    @Test("promise 5: stock is what the catalog and the acts gave less what was issued")
    func stock() throws {
        var world = RebuildWorld()
        world.queued = (0..<4).map { RebuildWorld.order($0 + 1, sequence: UInt32($0)) }
        let act = ControlRecord.stock(
            act: "a", gift: "hello", add: 5, units: 0, by: "", reason: "", atMs: 0)
        world.control = [act, act]
        let plan = RebuildPlan(world.book)
        let stock = plan.stock(world.catalog.gifts[0])
        #expect(stock.total == 15 && stock.issued == 4 && stock.left == 11)
        let pool = Dictionary(
            plan.pool(epoch: 2, seed: 1).map { ($0.field, $0.value) }, uniquingKeysWith: { $1 })
        #expect(pool["t0"] == "15" && pool["l0"] == "11" && pool["xa"] == "0:5:0")
        #expect(pool["t1"] == "10" && pool["l1"] == "10")
        let drawn = (0..<4).compactMap { pool["d0:\($0)"].flatMap { Int($0) } }.reduce(0, +)
        let credited = (0..<4 as Range<UInt16>).flatMap { plan.shardStock($0) }.compactMap { Int($0.value) }
        #expect(drawn == 4 && credited.reduce(0, +) == 4)
    }

    @Test("what has to be rebuilt")
    func need() {
        func need(_ standing: Standing, lost: Int = 0, _ history: LaneHistory) -> RebuildNeed {
            RebuildNeed(standing, lostShards: lost, history)
        }
        let blank = LaneHistory()
        let known = LaneHistory(highestLane: 5, highestEpoch: 2, recordedEpoch: 2)
        #expect(need(.empty, blank) == .opening)
        #expect(need(.fresh, LaneHistory(highestEpoch: 1, recordedEpoch: 1)) == .opening)
        #expect(need(.open(epoch: 2), known) == .nothing)
        #expect(need(.open(epoch: 3), known) == .kafka(epoch: 3))
        // Lanes that were announced since do not hide that the rest is gone.
        #expect(need(.open(epoch: 2), LaneHistory(highestLane: 9, highestEpoch: 2)) == .kafka(epoch: 2))
        for standing: Standing in [.empty, .fresh, .closed(epoch: 2), .strangeRun(epoch: 2)] {
            guard case .redis = need(standing, known) else {
                Issue.record("\(standing)")
                continue
            }
        }
        #expect(need(.open(epoch: 2), lost: 1, known) == .redis(cause: "redis has lost 1 shards"))
    }

    @Test("promise 2: the lane counter is above every lane that anybody tells of")
    func lanes() {
        var world = RebuildWorld()
        world.queued = [RebuildWorld.order(1, lane: 900, sequence: 0)]
        world.control = [.lane(lane: 700, owner: 1, epoch: 1, atMs: 0)]
        #expect(world.book.highestLane == 900)
        #expect(RebuildPlan(world.book).missing.contains(.lane(900)))
        var book = world.book
        book.counted(lane: 1_200)
        #expect(RebuildPlan(book).highestLane == 1_200)
    }
}
