import Orders
import Testing

@testable import Claim

@Suite("Orders on their way to Kafka")
struct OrderFlightsTests {
    private func id(_ n: UInt32) -> OrderID { OrderID(lane: 1, shard: 0, sequence: n) }

    private func waiters<Waiter>(_ flight: OrderFlights<Waiter>.Flight?) -> [Waiter] {
        var all = [Waiter]()
        flight?.forEachWaiter { all.append($0) }
        return all
    }

    @Test("who waits is found when the order lands, once")
    func landing() throws {
        var flights = OrderFlights<String>()
        let token = flights.begin(id(1), cause: .claim, nowNs: 10)
        #expect(flights.join(id(1), "first", deadlineNs: 100) == true)
        #expect(flights.join(id(1), "repeat", deadlineNs: 120) == true)
        #expect(flights.join(id(2), "other", deadlineNs: 100) == false)
        let landed = flights.land(token)
        let flight = try #require(landed)
        #expect(flight.order == id(1) && waiters(flight) == ["first", "repeat"])
        #expect(flights.land(token) == nil)
        #expect(flights.count == 0 && !flights.contains(id(1)))
    }

    @Test("a deadline takes the person out, not the order")
    func deadlines() throws {
        var flights = OrderFlights<String>()
        let token = flights.begin(id(1), cause: .claim, nowNs: 0)
        let other = flights.begin(id(2), cause: .sweep, nowNs: 5)
        _ = flights.join(id(1), "a", deadlineNs: 100)
        _ = flights.join(id(2), "b", deadlineNs: 110)
        _ = flights.join(id(1), "c", deadlineNs: 200)
        #expect(flights.overdue(nowNs: 99).isEmpty)
        #expect(flights.overdue(nowNs: 110) == ["a", "b"])
        #expect(flights.contains(id(1)) && flights.count == 2 && flights.oldestNs == 0)
        let landed = flights.land(token)
        #expect(waiters(landed) == ["c"])
        let swept = flights.land(other)
        #expect(swept != nil && waiters(swept) == [])
        #expect(flights.overdue(nowNs: 500).isEmpty)
    }

    @Test("sweeps are counted apart")
    func sweeps() {
        var flights = OrderFlights<Int>()
        let swept = flights.begin(id(1), cause: .sweep, nowNs: 0)
        _ = flights.begin(id(2), cause: .claim, nowNs: 0)
        #expect(flights.sweeping == 1)
        #expect(flights.land(swept)?.cause == .sweep)
        #expect(flights.sweeping == 0)
    }

    @Test("a place is used again, and its old token is nobody's")
    func places() {
        var flights = OrderFlights<Int>()
        var tokens: Set<UInt64> = []
        for n in 0..<1000 as Range<UInt32> {
            let token = flights.begin(id(n), cause: .claim, epoch: 3, isHeld: n % 2 == 0, nowNs: UInt64(n))
            #expect(tokens.insert(token).inserted && token < 1 << 46)
            let flight = flights.land(token)
            #expect(flight?.epoch == 3 && flight?.isHeld == (n % 2 == 0) && flight?.producedNs == UInt64(n))
            #expect(flights.land(token) == nil)
        }
        #expect(tokens.allSatisfy { $0 & 0xFF_FFFF == 0 } && flights.count == 0)
    }

    @Test("a deadline of a landed order rings for nobody else")
    func staleAlarm() {
        var flights = OrderFlights<String>()
        let token = flights.begin(id(1), cause: .claim, nowNs: 0)
        _ = flights.join(id(1), "a", deadlineNs: 100)
        _ = flights.land(token)
        _ = flights.begin(id(2), cause: .claim, nowNs: 0)
        _ = flights.join(id(2), "b", deadlineNs: 110)
        #expect(flights.overdue(nowNs: 105).isEmpty)
        #expect(flights.overdue(nowNs: 110) == ["b"] && flights.contains(id(2)))
    }

    @Test("at the end everybody who waits is let go")
    func release() {
        var flights = OrderFlights<Int>()
        let token = flights.begin(id(1), cause: .claim, nowNs: 0)
        _ = flights.join(id(1), 5, deadlineNs: 10)
        #expect(flights.releaseAll() == [5])
        #expect(flights.overdue(nowNs: 100).isEmpty)
        let landed = flights.land(token)
        #expect(landed != nil && waiters(landed) == [])
    }
}

@Suite("Confirmations")
struct ConfirmQueueTests {
    private func id(_ shard: UInt16, _ n: UInt32) -> OrderID { OrderID(lane: 1, shard: shard, sequence: n) }

    @Test("batched by shard, each order once")
    func batches() {
        var queue = ConfirmQueue()
        for n in 0..<5 { queue.add(id(2, UInt32(n))) }
        queue.add(id(0, 9))
        queue.add(id(0, 9))
        let batches = queue.take(maxBatch: 3)
        #expect(batches.map(\.shard) == [0, 2, 2])
        #expect(batches.map(\.orders.count) == [1, 3, 2])
        #expect(queue.isIdle && queue.count == 6)
        for batch in batches { queue.done(batch) }
        #expect(queue.count == 0)
    }

    @Test("held orders go apart")
    func held() {
        var queue = ConfirmQueue()
        queue.add(id(2, 1), isHeld: true)
        queue.add(id(2, 2))
        #expect(queue.isHeld(id(2, 1)) == true && queue.isHeld(id(2, 2)) == false)
        #expect(queue.isHeld(id(2, 3)) == nil)
        let batches = queue.take(maxBatch: 10)
        #expect(batches.map(\.isHeld) == [false, true])
        queue.failed(batches[1])
        #expect(queue.take(maxBatch: 10) == [batches[1]])
    }

    @Test("what Redis did not answer goes again")
    func again() {
        var queue = ConfirmQueue()
        queue.add(id(1, 1))
        let batch = queue.take(maxBatch: 10)[0]
        queue.failed(batch)
        #expect(queue.contains(id(1, 1)) && !queue.isIdle)
        #expect(queue.take(maxBatch: 10) == [batch])
    }
}

@Suite("The outbox's sweep")
struct OutboxSweepTests {
    private func id(lane: UInt32, shard: UInt16) -> OrderID { OrderID(lane: lane, shard: shard, sequence: 0) }

    @Test("an order is swept by its lane's owner; an orphan by one living lane")
    func ownership() {
        let living: [UInt32] = [3, 5, 8]
        for shard in 0..<UInt16(12) {
            #expect(OutboxSweep.isDue(id(lane: 3, shard: shard), own: 3, living: living))
            #expect(!OutboxSweep.isDue(id(lane: 5, shard: shard), own: 3, living: living))
            let takers = living.filter {
                OutboxSweep.isDue(id(lane: 4, shard: shard), own: $0, living: living)
            }
            #expect(takers.count == 1)
        }
        #expect(!OutboxSweep.isDue(id(lane: 4, shard: 0), own: 3, living: []))
    }

    @Test("one at a time while Kafka is away, doubling when it is back, bounded")
    func allowance() {
        var sweep = OutboxSweep(shards: 4, mostOpen: 10)
        #expect(sweep.room(open: 0) == 1 && sweep.room(open: 1) == 0)
        for _ in 0..<10 { sweep.landed(wasSwept: true, acknowledged: true) }
        #expect(sweep.allowance == 10 && sweep.twins == 10)
        sweep.landed(wasSwept: false, acknowledged: true)
        #expect(sweep.twins == 10)
        sweep.landed(wasSwept: true, acknowledged: false)
        #expect(sweep.allowance == 1)
    }

    @Test("all shards in turn")
    func turns() {
        var sweep = OutboxSweep(shards: 3, mostOpen: 1)
        #expect((0..<5).map { _ in sweep.nextShard() } == [0, 1, 2, 0, 1])
    }

    @Test("the sweep's age must lie beyond Kafka's message timeout")
    func limits() throws {
        try ClaimLimits().check()
        var limits = ClaimLimits()
        limits.messageTimeoutMs = limits.sweepAgeMs
        #expect(throws: (any Error).self) { try limits.check() }
        limits = ClaimLimits()
        limits.renewMs = limits.leaseMs / 2
        #expect(throws: (any Error).self) { try limits.check() }
    }
}
