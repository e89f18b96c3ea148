/// How limits are divided among the partitions of their games: fixed from the start, the same everywhere.
///
/// A game's limit is divided evenly among its partitions, those of `orders` and of `retries` alike. The
/// total's is divided among all partitions, each weighing its game's catalogued rate ÷ their number. Parts
/// are rounded cumulatively, part p of n of A = ⌊A(p + 1)/n⌋ − ⌊A·p/n⌋, so that they sum to A exactly.
///
/// A resource is a limit by number: a game's slot, or `games.count` for the total.
package struct LimitShape: Sendable, Equatable {
    /// Partitions of one game; what the formulas stay exact for.
    package static let maxPartitions = 4096

    package struct Game: Sendable, Equatable {
        /// Partitions of both topics together.
        package let partitions: Int
        /// The catalogued rate in thousandths of a request a second.
        let weight: UInt64

        /// Traps for a number of partitions outside 1 ... `maxPartitions`.
        package init(partitions: Int, perSecond: Double) {
            precondition((1...LimitShape.maxPartitions).contains(partitions))
            self.partitions = partitions
            weight = max(1, UInt64((perSecond * 1_000).rounded()))
        }
    }

    package let games: [Game]
    /// The sum of the weights before each game; one more than there are games.
    private let bases: [UInt64]

    package init(games: [Game]) {
        self.games = games
        bases = games.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.weight) }
    }

    /// Games and the total.
    package var resources: Int { games.count + 1 }

    /// Tells whether two processes divide alike: FNV-1a (Fowler, Noll, Vo) over partitions and weights.
    package var fingerprint: UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        for number in games.flatMap({ [UInt64($0.partitions), $0.weight] }) {
            for shift in stride(from: 0, to: UInt64(64), by: 8) {
                hash = (hash ^ UInt32((number >> shift) & 0xFF)) &* 0x0100_0193
            }
        }
        return hash
    }

    /// What a partition adds to its owner's part of `amount` of a resource; a debt (below 0) is divided too.
    func part(of amount: Int, _ resource: Int, _ partition: SharePartition) -> Int {
        if amount < 0 { return -part(of: -amount, resource, partition) }
        let game = Int(partition.game)
        let count = UInt64(games[game].partitions)
        let at = UInt64(partition.index)
        if resource == game { return Self.part(of: amount, from: at, to: at + 1, of: count) }
        guard resource == games.count else { return 0 }
        let start = bases[game] * count + games[game].weight * at
        let end = start + games[game].weight
        return Self.part(of: amount, from: start, to: end, of: bases[games.count] * count)
    }

    /// ⌊A·to/whole⌋ − ⌊A·from/whole⌋; the product needs up to 128 bits.
    static func part(of amount: Int, from: UInt64, to: UInt64, of whole: UInt64) -> Int {
        guard whole > 0 else { return 0 }
        func floor(_ position: UInt64) -> UInt64 {
            whole.dividingFullWidth(UInt64(amount).multipliedFullWidth(by: position)).quotient
        }
        return Int(floor(to)) - Int(floor(from))
    }
}

/// A partition as shares count it: of the game's `orders` partitions first, its `retries` after them.
package struct SharePartition: Sendable, Hashable {
    package let game: UInt8
    /// 0 ..< the game's partitions.
    package let index: Int

    package init(game: UInt8, index: Int) {
        self.game = game
        self.index = index
    }
}
