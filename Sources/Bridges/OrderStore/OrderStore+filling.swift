import Orders
import Redis

/// A claim that had to be accepted and was not.
package struct ClaimNotAccepted: Error, Equatable, CustomStringConvertible {
    package let decision: ClaimDecision
    package var description: String { "a claim was not accepted: \(decision)" }
}

extension OrderStore {
    /// Claims that must all be accepted: how tools, benchmarks and tests fill a store, in the way of a Claim
    /// that produces and confirms by itself.
    ///
    /// - Parameters:
    ///   - orders: of people of this shard, at most ``maxBatch``; their IDs are not looked at.
    ///   - first: the sequence of the first of them.
    ///   - credits: stock that was drawn for the shard and is not credited yet.
    /// - Returns: the orders with their IDs and amounts, in their order; they stand in the outbox.
    /// - Throws: ``ClaimNotAccepted`` or `RedisFailure`.
    package func accept(
        _ orders: [Order], shard: UInt16, lane: UInt32, first: UInt32, credits: [StockCredit]
    ) async throws -> [Order] {
        let entries = orders.map { ClaimEntry(order: $0, mode: .claim) }
        let decisions: [ClaimDecision] = try await awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: 1_000_000, credits: credits,
                entries: entries, then: then)
        }
        return try zip(orders, decisions).map { order, decision in
            guard case .accepted(let id, let amount) = decision else {
                throw ClaimNotAccepted(decision: decision)
            }
            var accepted = order
            accepted.id = id
            accepted.amount = amount
            return accepted
        }
    }
}
