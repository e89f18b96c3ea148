import Catalog
import OrderStore
import Orders
import Redis

/// The states of orders in Redis, read after the topics.
struct StateReading: Sendable {
    let store: OrderStore
    /// Looks at an order whose attempt and state seem to disagree so often before the attempt counts as lost.
    private static let maxLooks = 3

    private var shards: Range<UInt16> { 0..<UInt16(store.keys.shards) }

    /// Adds the states of all orders, and what the states tell of numbers that no source names: chunk by
    /// chunk, each asked for once.
    func states(_ facts: inout Reconciliation) async throws(RedisFailure) {
        // A record may name a shard that this campaign has not: nothing is stored for it.
        let runs = StatesChunk.runs(facts.due.filter { shards.contains($0.shard) })
        let due = Dictionary(uniqueKeysWithValues: runs.map { ($0.chunk, $0.orders) })
        var numbers: [StatesChunk: ClosedRange<UInt64>] = [:]
        for (first, last) in facts.highWater.spans {
            for start in stride(from: first.rawValue, through: last.rawValue, by: Self.chunk) {
                let end = min(last.rawValue, start + UInt64(Self.chunk) - 1)
                numbers[StatesChunk(OrderID(rawValue: start))] = start...end
            }
        }
        let chunks = Set(due.keys).union(numbers.keys).sorted { $0.first < $1.first }
        var read = facts
        facts = Reconciliation()
        try await store.eachStates(chunks) { chunk in
            for id in due[chunk] ?? [] { read.stands(id, chunk[id], hasLapsed: false) }
            guard let numbers = numbers[chunk] else { return }
            for number in numbers {
                let id = OrderID(rawValue: number)
                if read.isUnnamed(id) { read.unnamed(id, chunk[id]) }
            }
        }
        read.numbersWereRead()
        facts = read
        try await lookAtFlights(&facts)
    }

    private static var chunk: Int { Int(StoreKeys.ordersPerChunk) }

    /// Adds the states of some orders as they are now.
    func states(
        of orders: some Sequence<OrderID>, _ facts: inout Reconciliation
    ) async throws(RedisFailure) {
        let ours = orders.filter { shards.contains($0.shard) }.sorted()
        for (id, state) in try await store.states(ours) { facts.stands(id, state, hasLapsed: false) }
        try await lookAtFlights(&facts)
    }

    private func lookAtFlights(_ facts: inout Reconciliation) async throws(RedisFailure) {
        for id in facts.inFlightAlone where shards.contains(id.shard) {
            let (state, hasLapsed) = try await look(id)
            facts.stands(id, state, hasLapsed: hasLapsed)
        }
    }

    /// The state of one order, and whether it is in flight at an owner that is gone: its attempt's deadline,
    /// by Redis's clock, has passed, or nothing is known of the attempt.
    func look(_ id: OrderID) async throws(RedisFailure) -> (state: OrderState, hasLapsed: Bool) {
        var state = OrderState.none
        for _ in 0..<Self.maxLooks {
            state = try await store.awaiting { store, then in store.state(id, then: then) }
            guard state == .inFlight else { return (state, false) }
            // owner u64 behind attempt u16, deadline u48 (ms) behind that; see StoreKeys.
            var command = RedisCommand("HGET")
            command.add(store.keys.attempts(shard: id.shard))
            command.add(id.bytes)
            let entry = try await store.redis.send(command).bytes ?? []
            let deadlineMs = entry.dropFirst(10).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            // No deadline: the attempt has ended since the state was read, and the next look tells how.
            guard entry.count == 16, deadlineMs > 0 else { continue }
            return (state, deadlineMs <= (try await nowMs(shard: id.shard)))
        }
        return (state, true)
    }

    /// The clock of the shard's Redis, the one that its attempts' deadlines are of.
    private func nowMs(shard: UInt16) async throws(RedisFailure) -> Int64 {
        let key = store.keys.attempts(shard: shard)
        let time = try await store.redis.send(RedisCommand("TIME"), key: key).array ?? []
        guard time.count == 2, let seconds = time[0].integer, let micros = time[1].integer else {
            throw RedisFailure(kind: .unknown, message: "TIME gave an answer of another shape")
        }
        return seconds * 1000 + micros / 1000
    }
}
