/// Which partition of a game's topic a loop's orders go to at the moment: one for a while, then the next.
///
/// Spread by their keys, the orders of a millisecond would fall on as many partitions, and each would travel
/// in a request of its own. What is sent together must lie together; over a second all partitions get the
/// same. Nobody relies on an order's partition: twins may lie in two.
struct StickyPartitions {
    /// Orders in a row on one partition at most.
    static let mostOrders = 256
    /// About as long as a record waits for company.
    static let longestNs: UInt64 = 5_000_000

    private struct Place {
        var partition: Int32
        var orders = 0
        var sinceNs: UInt64 = 0
    }

    private let partitions: Int32
    /// Index = game slot.
    private var places: [Place]

    /// - Parameters:
    ///   - first: where to begin; loops that begin at different ones seldom meet.
    init(games: Int, partitions: Int, first: Int) {
        precondition(partitions > 0 && first >= 0)
        self.partitions = Int32(partitions)
        places = (0..<games).map { Place(partition: Int32((first + $0) % partitions)) }
    }

    /// The partition of the next order of a game.
    mutating func next(game: Int, nowNs: UInt64) -> Int32 {
        // Games may be appended while it is served.
        while places.count <= game { places.append(Place(partition: 0)) }
        if places[game].orders >= Self.mostOrders || nowNs &- places[game].sinceNs >= Self.longestNs {
            places[game].partition = (places[game].partition + 1) % partitions
            places[game].orders = 0
            places[game].sinceNs = nowNs
        }
        places[game].orders += 1
        return places[game].partition
    }
}
