import Catalog
import OrderStore
import Orders
import Redis

/// What Redis says of orders: claims and outboxes before the topics are read, states after them.
struct StateReading: Sendable {
    let store: OrderStore
    /// Looks at an order whose attempt and state seem to disagree so often before the attempt counts as lost.
    private static let maxLooks = 3
    /// Numbers whose states are asked for together.
    private static let numbersAtOnce = 1 << 16

    private var shards: Range<UInt16> { 0..<UInt16(store.keys.shards) }

    /// Claims, then outboxes; and the claims of gifts or regions that this catalog does not have, which are
    /// of another campaign's making and can only be counted.
    func claims(_ catalog: Catalog) async throws(RedisFailure) -> (facts: Reconciliation, foreign: Int) {
        var facts = Reconciliation()
        var foreign = 0
        for shard in shards {
            for order in try await store.allClaims(shard: shard) {
                guard catalog.gifts.indices.contains(Int(order.gift)),
                    case let game = catalog.games[Int(catalog.gifts[Int(order.gift)].game)],
                    game.regions.indices.contains(Int(order.region))
                else {
                    foreign += 1
                    continue
                }
                facts.claimed(order, game: game.slot)
            }
        }
        for shard in shards {
            for id in try await store.outbox(shard: shard) { facts.stoodInOutbox(id) }
        }
        return (facts, foreign)
    }

    /// Adds the states of all orders, and what the states tell of numbers that no source names.
    func states(_ facts: inout Reconciliation) async throws(RedisFailure) {
        try await states(of: facts.due, &facts)
        let marks = facts.highWater
        try await marks.each(most: Self.numbersAtOnce) { ids async throws(RedisFailure) in
            let unnamed = ids.filter { facts.isUnnamed($0) }
            for (id, state) in try await store.states(unnamed) { facts.unnamed(id, state) }
        }
        facts.numbersWereRead()
    }

    /// Adds the states of some orders as they are now.
    func states(
        of orders: some Sequence<OrderID>, _ facts: inout Reconciliation
    ) async throws(RedisFailure) {
        // A record may name a shard that this campaign has not: nothing is stored for it.
        let ours = orders.filter { shards.contains($0.shard) }.sorted()
        for (id, state) in try await store.states(ours) { facts.stands(id, state, hasLapsed: false) }
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
