import Orders

/// How far each lane had numbered its orders in each shard when the claims were read.
///
/// Numbers are dense (DESIGN "Order ID"): whatever lies below a lane's mark was given out before the cut. A
/// number there that no source names was burnt by a claim whose answer was lost, unless the states tell that
/// it was accepted: then every store has lost the order. Above the mark nothing is due yet.
struct HighWater: Equatable, Sendable {
    /// By lane and shard: the highest sequence.
    private(set) var marks: [UInt64: UInt32] = [:]
    private static let sequenceBits: UInt64 = 22

    private static func key(_ id: OrderID) -> UInt64 { id.rawValue >> sequenceBits }

    mutating func saw(_ id: OrderID) {
        let key = Self.key(id)
        marks[key] = max(marks[key] ?? 0, id.sequence)
    }

    func covers(_ id: OrderID) -> Bool { marks[Self.key(id)].map { id.sequence <= $0 } ?? false }

    /// Numbers given out.
    var numbers: Int { marks.values.reduce(0) { $0 + Int($1) + 1 } }

    /// The numbers given out, lane by lane and shard by shard, at most `most` at a time.
    func each<Failure: Error>(
        most: Int, _ body: ([OrderID]) async throws(Failure) -> Void
    ) async throws(Failure) {
        for (key, mark) in marks.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: UInt64(0), through: UInt64(mark), by: most) {
                let end = min(UInt64(mark), start + UInt64(most) - 1)
                try await body((start...end).map { OrderID(rawValue: key << Self.sequenceBits | $0) })
            }
        }
    }
}
