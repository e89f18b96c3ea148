import Orders
import Redis

/// What a shard holds beside its claims and states: the index of what is open.
package struct ShardContents: Sendable {
    /// Order → the outbox's entry as it stands.
    package var outbox: [OrderID: [UInt8]] = [:]
    /// Order → the entry of its attempts as it stands.
    package var attempts: [OrderID: [UInt8]] = [:]
    /// Order → the held index's entry as it stands.
    package var held: [OrderID: [UInt8]] = [:]

    package init() {}

    /// When an order in the outbox was accepted, Unix milliseconds.
    package func acceptedAtMs(_ id: OrderID) -> Int64? {
        outbox[id].map { $0.dropFirst(16).prefix(6).reduce(0) { $0 << 8 | Int64($1) } }
    }

    /// Attempts made of an open order.
    package func attemptsMade(_ id: OrderID) -> UInt16? {
        attempts[id].map { $0.prefix(2).reduce(0) { $0 << 8 | UInt16($1) } }
    }

    /// The first of two operators who approved of a held order; empty: nobody did.
    package func firstApprover(_ id: OrderID) -> [UInt8]? {
        held[id].map { Array($0.dropFirst(22)) }
    }
}

/// What the rebuild puts in the place of a shard's index; see ``StoreKeys`` for the forms.
extension ShardContents {
    /// An order waits for Kafka.
    package mutating func waits(_ order: Order, isHeld: Bool, acceptedAtMs: Int64) {
        outbox[order.id] = Self.place(order, acceptedAtMs) + (isHeld ? [UInt8(ascii: "h")] : [])
    }

    /// So many attempts of an open order were made, and none is being made.
    package mutating func made(_ id: OrderID, attempts: UInt16) {
        self.attempts[id] =
            [UInt8(attempts >> 8), UInt8(truncatingIfNeeded: attempts)] + [UInt8](repeating: 0, count: 14)
    }

    /// An order waits for an operator.
    package mutating func isHeld(_ order: Order, heldAtMs: Int64, firstApprover: [UInt8]) {
        held[order.id] = Self.place(order, heldAtMs) + firstApprover
    }

    private static func place(_ order: Order, _ atMs: Int64) -> [UInt8] {
        let time = UInt64(clamping: atMs).bigEndianBytes.dropFirst(2)
        return order.coupon.bigEndianBytes + order.user.bigEndianBytes + time
    }
}

extension OrderStore {
    /// The index of a shard's open orders.
    package func contents(shard: UInt16) async throws(RedisFailure) -> ShardContents {
        var contents = ShardContents()
        contents.outbox = try await entries(keys.outbox(shard: shard))
        contents.attempts = try await entries(keys.attempts(shard: shard))
        contents.held = try await entries(keys.held(shard: shard))
        return contents
    }

    private func entries(_ key: [UInt8]) async throws(RedisFailure) -> [OrderID: [UInt8]] {
        var entries: [OrderID: [UInt8]] = [:]
        for (field, value) in try await hash(key) {
            if let id = OrderID(bytes: field) { entries[id] = value }
        }
        return entries
    }

    /// All fields of a hash.
    package func hash(_ key: [UInt8]) async throws(RedisFailure) -> [[UInt8]: [UInt8]] {
        var command = RedisCommand("HGETALL")
        command.add(key)
        let reply = try await redis.send(command).array ?? []
        var fields: [[UInt8]: [UInt8]] = [:]
        for at in stride(from: 0, to: reply.count - 1, by: 2) {
            if let field = reply[at].bytes, let value = reply[at + 1].bytes { fields[field] = value }
        }
        return fields
    }

    /// The states of a shard's orders as they ought to be, beside what else stands in their strings. Strings
    /// that are so already are left out.
    package func statesToSet(
        _ states: some Sequence<(key: OrderID, value: OrderState)>
    ) async throws(RedisFailure) -> [(key: [UInt8], value: [UInt8])] {
        let wanted = Dictionary(grouping: states) { StatesChunk($0.key) }
        var changed = [(key: [UInt8], value: [UInt8])]()
        try await eachStates(Array(wanted.keys)) { chunk in
            var after = chunk
            for (id, state) in wanted[chunk] ?? [] { after.set(id, state) }
            if after.bytes != chunk.bytes { changed.append((keys.states(chunk.first), after.bytes)) }
        }
        return changed
    }

    /// When each order in a shard's outbox was accepted, Unix milliseconds.
    package func outboxTimes(shard: UInt16) async throws(RedisFailure) -> [OrderID: Int64] {
        var contents = ShardContents()
        contents.outbox = try await entries(keys.outbox(shard: shard))
        return contents.outbox.keys.reduce(into: [:]) { $0[$1] = contents.acceptedAtMs($1) ?? 0 }
    }

    /// Redis's clock, Unix milliseconds: the one that outboxes and leases are of.
    package func clockMs() async throws(RedisFailure) -> Int64 {
        let time = try await redis.send(RedisCommand("TIME"), key: keys.epoch).array ?? []
        guard time.count == 2, let seconds = time[0].integer, let micros = time[1].integer else {
            throw RedisFailure(kind: .unknown, message: "TIME gave an answer of another shape")
        }
        return seconds * 1000 + micros / 1000
    }
}
