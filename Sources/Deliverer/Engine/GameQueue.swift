import Pacing

/// One game's parcels that are ready, by what a permit would be spent on, and the share that each kind has
/// of the game's limit.
struct GameQueue: Sendable {
    private var fresh = ReadyQueue()
    private var repeats = ReadyQueue()
    private var resends = ReadyQueue()
    private var budgets: AttemptBudgets

    /// - Parameter perSecond: the game's limit.
    init(perSecond: Double, nowNs: UInt64) {
        budgets = AttemptBudgets(perSecond: perSecond, nowNs: nowNs)
    }

    var isEmpty: Bool { fresh.isEmpty && repeats.isEmpty && resends.isEmpty }
    var count: Int { fresh.count + repeats.count + resends.count }

    mutating func append(_ ref: ParcelRef, _ kind: AttemptClass) {
        switch kind {
        case .fresh: fresh.append(ref)
        case .repeat: repeats.append(ref)
        case .resend: resends.append(ref)
        }
    }

    /// The parcel that the permit in hand is for; nil when nothing that waits may go now.
    ///
    /// - Parameter isWanted: whether it still is what it was when it was put in line; others are dropped, and
    ///   take nothing of a share.
    mutating func popFirst(nowNs: UInt64, isWanted: (ParcelRef) -> Bool) -> ParcelRef? {
        fresh.dropFirst { !isWanted($0) }
        repeats.dropFirst { !isWanted($0) }
        resends.dropFirst { !isWanted($0) }
        let kind = budgets.next(
            hasFresh: !fresh.isEmpty, hasRepeat: !repeats.isEmpty, hasResend: !resends.isEmpty, nowNs: nowNs)
        switch kind {
        case .fresh: return fresh.popFirst()
        case .repeat: return repeats.popFirst()
        case .resend: return resends.popFirst()
        case nil: return nil
        }
    }

    /// From when on something that waits may go, by the shares alone; nil when nothing waits.
    var readyAtNs: UInt64? {
        budgets.readyAtNs(
            hasFresh: !fresh.isEmpty, hasRepeat: !repeats.isEmpty, hasResend: !resends.isEmpty)
    }

    /// How long one more of a kind would wait here, by its share alone.
    func waitNs(_ kind: AttemptClass) -> UInt64 {
        let ahead =
            switch kind {
            case .fresh: fresh.count
            case .repeat: repeats.count
            case .resend: resends.count
            }
        return budgets.waitNs(kind, behind: ahead)
    }

    mutating func limitChanged(perSecond: Double, nowNs: UInt64) {
        budgets.limitChanged(perSecond: perSecond, nowNs: nowNs)
    }
}

/// A queue of parcels that takes from the front without moving the rest.
struct ReadyQueue: Sendable {
    private var items: [ParcelRef] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }

    mutating func append(_ ref: ParcelRef) { items.append(ref) }

    mutating func popFirst() -> ParcelRef? {
        guard head < items.count else { return nil }
        defer { advance() }
        return items[head]
    }

    /// Drops from the front while it is so.
    mutating func dropFirst(while isStale: (ParcelRef) -> Bool) {
        while head < items.count, isStale(items[head]) { advance() }
    }

    private mutating func advance() {
        head += 1
        if head == items.count || head > 1_024 {
            items.removeFirst(head)
            head = 0
        }
    }
}
