import Orders

/// The outcome of a reconciliation: every order that was due, counted once, and what stands beside the
/// classes.
struct Verdict: Equatable, Sendable {
    struct Missing: Equatable, Sendable {
        let order: Order
        let game: UInt8
        let reason: MissingReason
        /// It may have been granted without anybody here knowing: its game must be asked before it is sent.
        var asksFirst = false
    }

    /// An order that no store holds any more; only its number and its state are known.
    struct Nameless: Equatable, Sendable {
        let id: OrderID
        let state: OrderState
    }

    /// It was sent, and was never due.
    struct Unexpected: Equatable, Sendable {
        let id: OrderID
        let game: UInt8
        /// nil: only the game's statement tells of it.
        let outcome: Outcome?
        var source = FactSource.outcomes
    }

    /// An order that has not come to an end.
    struct Open: Equatable, Sendable {
        let order: Order
        let place: OrderClass
    }

    /// The cut, Unix milliseconds.
    let atMs: Int64
    /// Distinct orders that are due.
    private(set) var accepted = 0
    private var tallies: [ClassCounts]
    /// Orders in each class that holds any.
    var counts: [OrderClass: Int] { all.byClass }
    /// The same by game. Index: the game's slot; the last one holds orders of which nobody knows whose they
    /// were.
    var byGame: [[OrderClass: Int]] { tallies.map(\.byClass) }
    /// By order ID.
    var missing: [Missing] = []
    /// Missing, and nobody knows what they were. By order ID.
    var nameless: [Nameless] = []
    /// By order ID; beside the classes, since they are not of the orders that were accepted.
    var unexpected: [Unexpected] = []
    /// By order ID; beside the classes, as the conflicts are: each of them is in its class too.
    var doubled: [DoubledOrder] = []
    var conflicts: [Conflict] = []

    /// The one that was claimed first of all that have not ended.
    private(set) var oldest: Open?

    /// Numbers that the lanes had given out.
    var numbers = 0
    /// Of these, numbers that some source names.
    var named = 0
    /// Of these, numbers that nobody ever used.
    var burnt = 0

    init(atMs: Int64, games: Int) {
        self.atMs = atMs
        tallies = Array(repeating: ClassCounts(), count: games + 1)
    }

    private var all: ClassCounts { tallies.reduce(into: ClassCounts()) { $0.add($1) } }

    subscript(_ place: OrderClass) -> Int { tallies.reduce(0) { $0 + $1[place] } }

    /// Nothing is missing, came out that was never due, was granted twice, or is told in two ways.
    var isClean: Bool {
        self[.missing] == 0 && unexpected.isEmpty && doubled.isEmpty && conflicts.isEmpty
    }

    /// - Parameter game: its slot; nil: nobody knows.
    mutating func count(_ place: OrderClass, game: UInt8?) {
        accepted += 1
        tallies[game.map { Int($0) } ?? tallies.count - 1][place] += 1
    }

    /// An order stands in a class; remembered if none that is open is older.
    mutating func isOpen(_ order: Order, _ place: OrderClass) {
        guard !place.isEnd else { return }
        if let known = oldest?.order {
            guard (order.claimedAtMs, order.id) < (known.claimedAtMs, known.id) else { return }
        }
        oldest = Open(order: order, place: place)
    }

    /// Adds the verdict over other orders of the same cut.
    mutating func add(_ part: Verdict) {
        accepted += part.accepted
        for game in tallies.indices { tallies[game].add(part.tallies[game]) }
        missing += part.missing
        nameless += part.nameless
        unexpected += part.unexpected
        doubled += part.doubled
        conflicts += part.conflicts
        if let open = part.oldest { isOpen(open.order, open.place) }
        numbers += part.numbers
        named += part.named
        burnt += part.burnt
    }

    /// Conflicts of each kind that there is.
    var conflictCounts: [(kind: Conflict.Kind, orders: Int)] {
        var counts: [Conflict.Kind: Int] = [:]
        for conflict in conflicts { counts[conflict.kind, default: 0] += 1 }
        return Conflict.Kind.allCases.compactMap { kind in counts[kind].map { (kind, $0) } }
    }

    mutating func sort() {
        missing.sort { $0.order.id < $1.order.id }
        nameless.sort { $0.id < $1.id }
        unexpected.sort { ($0.id, $0.game) < ($1.id, $1.game) }
        doubled.sort { ($0.id, $0.game) < ($1.id, $1.game) }
        conflicts.sort { ($0.id, $0.kind.rawValue, $0.game) < ($1.id, $1.kind.rawValue, $1.game) }
    }

    func addsUp(due: Int) -> Bool { brokenSum(due: due) == nil }

    /// The first sum that does not come out, in words; nil where all do: the classes, over all and over the
    /// games, make up what was accepted, the lists are as long as their class, and every number that a lane
    /// gave out is accounted for.
    ///
    /// - Parameter isPart: the numbers are counted with other orders of the cut.
    func brokenSum(due: Int, isPart: Bool = false) -> String? {
        guard due == accepted else { return "\(due) orders are due, and \(accepted) were counted" }
        let sum = OrderClass.allCases.reduce(0) { $0 + self[$1] }
        guard sum == accepted else { return "the classes hold \(sum) orders of \(accepted)" }
        guard missing.count + nameless.count == self[.missing] else {
            return "\(missing.count) + \(nameless.count) orders are listed as missing, of \(self[.missing])"
        }
        guard isPart || named + burnt == numbers else {
            return "the lanes gave out \(numbers) numbers: \(named) are named, \(burnt) were never used"
        }
        return nil
    }
}
