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

    /// Takes over another's mark of the lane and shard that an order is of.
    mutating func saw(_ other: HighWater, _ id: OrderID) { marks[Self.key(id)] = other.marks[Self.key(id)] }

    mutating func add(_ other: HighWater) { marks.merge(other.marks, uniquingKeysWith: max) }

    /// The first and the last number of each lane in each shard, ascending.
    var spans: [(first: OrderID, last: OrderID)] {
        marks.sorted { $0.key < $1.key }.map { key, mark in
            let first = key << Self.sequenceBits
            return (OrderID(rawValue: first), OrderID(rawValue: first | UInt64(mark)))
        }
    }
}
