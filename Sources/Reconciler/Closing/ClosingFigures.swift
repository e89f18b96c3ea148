/// Orders, and what they grant: an order of a pack of fixed items grants it once, one of a lucky packet so
/// many units.
struct ClosingTally: Equatable, Sendable {
    var orders = 0
    var amount = 0

    static func + (a: ClosingTally, b: ClosingTally) -> ClosingTally {
        ClosingTally(orders: a.orders + b.orders, amount: a.amount + b.amount)
    }
}

/// Packs, or units of lucky packets.
struct ClosingStock: Equatable, Sendable {
    /// By the catalog and the acts that added to it.
    var total = 0
    /// By the orders: all that were accepted but for those voided.
    var givenOut = 0
    /// In the pool and in the shards, by Redis.
    var left = 0

    static func + (a: ClosingStock, b: ClosingStock) -> ClosingStock {
        ClosingStock(total: a.total + b.total, givenOut: a.givenOut + b.givenOut, left: a.left + b.left)
    }
}

/// The figures of a gift, a game or all of them.
struct ClosingFigures: Equatable, Sendable {
    /// Index: the column's place in `allCases`.
    private var columns = [ClosingTally](repeating: ClosingTally(), count: ClosingColumn.allCases.count)
    /// Of all that were claimed, those that were granted for a coupon left unspent, by `claim settle`.
    var settled = ClosingTally()
    var packs = ClosingStock()
    /// nil where there are no lucky packets.
    var units: ClosingStock?

    subscript(_ column: ClosingColumn) -> ClosingTally {
        get { columns[column.index] }
        set { columns[column.index] = newValue }
    }

    /// The columns together.
    var claimed: ClosingTally { columns.reduce(ClosingTally(), +) }

    /// Orders that have not come to an end.
    var open: Int {
        ClosingColumn.allCases.reduce(0) { $1.isEnd ? $0 : $0 + self[$1].orders }
    }

    mutating func add(_ column: ClosingColumn, amount: Int, isSettled: Bool) {
        let tally = ClosingTally(orders: 1, amount: amount)
        self[column] = self[column] + tally
        if isSettled { settled = settled + tally }
    }

    mutating func add(_ other: ClosingFigures) {
        for column in ClosingColumn.allCases { self[column] = self[column] + other[column] }
        settled = settled + other.settled
        packs = packs + other.packs
        if let units = other.units { self.units = (self.units ?? ClosingStock()) + units }
    }
}
