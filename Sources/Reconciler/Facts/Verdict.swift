import Orders

/// The outcome of a reconciliation: every order that was due, counted once.
struct Verdict: Equatable, Sendable {
    struct Missing: Equatable, Sendable {
        let order: Order
        let game: UInt8
        let reason: MissingReason
    }

    /// An outcome of an order that was never due.
    struct Unexpected: Equatable, Sendable {
        let id: OrderID
        let game: UInt8
        let outcome: Outcome
    }

    /// The cut, Unix milliseconds.
    let atMs: Int64
    /// Distinct orders that are due.
    private(set) var accepted = 0
    private(set) var counts: [OrderClass: Int] = [:]
    /// Index: the game's slot.
    private(set) var byGame: [[OrderClass: Int]]
    /// By order ID.
    var missing: [Missing] = []
    /// By order ID; beside the classes, since they are not of the orders that were accepted.
    var unexpected: [Unexpected] = []

    init(atMs: Int64, games: Int) {
        self.atMs = atMs
        byGame = Array(repeating: [:], count: games)
    }

    subscript(_ place: OrderClass) -> Int { counts[place, default: 0] }

    mutating func count(_ place: OrderClass, game: UInt8) {
        accepted += 1
        counts[place, default: 0] += 1
        byGame[Int(game)][place, default: 0] += 1
    }

    /// The classes, over all and over the games, make up what was accepted, and the list is as long as its
    /// class.
    func addsUp(due: Int) -> Bool {
        let sum = OrderClass.allCases.reduce(0) { $0 + self[$1] }
        let sums = OrderClass.allCases.allSatisfy { place in
            byGame.reduce(0) { $0 + ($1[place] ?? 0) } == self[place]
        }
        return due == accepted && sum == accepted && sums && missing.count == self[.missing]
    }
}
