/// How much of every limit this process may use, so that any number of processes together keep them.
///
/// **Own.** A share belongs to the owner of the partitions that make it up (`LimitShape`), from `rightNs`
/// after they were assigned and until `rightNs` after the last commit was *sent* that covered all of them
/// and succeeded. Proof that no partition's share is used twice: the broker takes a commit only in the
/// group's present generation, so a commit sent at c that succeeded came before any later assignment of
/// these partitions, at a ≥ c; the old right ends at c + `rightNs` ≤ a + `rightNs`, where the new begins.
/// Only durations of each process's own monotonic clock are used; `driftNs` is for clocks of unlike speed.
///
/// **Lent.** Every 200 ms each process writes an entry to a board in Redis and reads the others'. A lender
/// that sends entry k at time l stops using what k grants before it sends, until l + `loanNs`, whether or
/// not k ever arrives; it grants only while its right lasts that long. The entry says which call of the
/// borrower had been heard. The borrower uses the grant of the newest entry it has read, until that call's
/// sending time + `loanNs`. Proof: hearing a call comes after its sending, b, and before k was made, so
/// b ≤ l, and all use ends by b + `loanNs` ≤ l + `loanNs`; by then the lender neither uses it nor has lost
/// its right. At any moment a borrower uses one entry's grant, and the lender withholds for each borrower
/// the largest of its grants that have not run out. So the sum stays within what is owned, whatever Redis
/// delays, loses, repeats, brings back or applies late, and however long a process stands still: Redis can
/// only keep news back. Nothing here reads Redis's clock or trusts its contents to be the latest.
///
/// Slots are lent while no request of the lender is under way on them. Requests of whoever had a slot before
/// may lie unread at the game: every slot that comes, owned or borrowed, comes as a ghost, and a slot that
/// goes takes its ghost along; see `DeliveryPacer`. Shares are fractions of the limit as it stands: a change
/// of the limit moves all at once. A pure value owned by one loop; times are monotonic nanoseconds.
package struct LimitShares: Sendable {
    /// V: how long a right outlives the commit that proves it, and how long a new owner waits.
    package static let rightNs: UInt64 = 2_000_000_000
    /// S: how long a grant lasts; at most `rightNs`, so that none outlives a rebalance.
    package static let loanNs: UInt64 = 1_000_000_000
    /// How often to write and read the board.
    package static let tickNs: UInt64 = 200_000_000
    /// What those who use a right or a loan take off its end: 0.5 % for unlike clocks.
    package static let driftNs: UInt64 = 10_000_000
    /// Other processes that are listened to.
    package static let maxPeers = 64
    /// A call without an answer for so long is taken for lost.
    static let answerNs: UInt64 = 5_000_000_000

    package let instance: UInt64
    let shape: LimitShape
    let fingerprint: UInt32
    private(set) var pools: [LimitPool]

    private var assigned: Set<SharePartition> = []
    private var assignment: UInt32 = 0
    private var own: [LimitShare]
    private var rightFromNs = UInt64.max
    private(set) var rightUntilNs: UInt64 = 0

    var sequence: UInt64 = 0
    /// When own calls were sent, the newest last.
    var calls: [Call] = []
    var awaited: UInt64?
    var promises: [Promise] = []
    var loans: [Loan] = []
    var peers: [UInt64: Peer] = [:]
    var answeredNs: UInt64 = 0

    struct Call: Sendable {
        var sequence: UInt64
        var sentNs: UInt64
    }

    /// What a call gave away, from before it was sent.
    struct Promise: Sendable {
        var untilNs: UInt64
        var grants: [LendEntry.Grant]
    }

    /// What a lender's newest entry grants to this process.
    struct Loan: Sendable {
        var lender: UInt64
        var untilNs: UInt64
        var grants: [LendEntry.Grant]
    }

    struct Peer: Sendable {
        var entry: LendEntry
        /// When its entry was first read.
        var sinceNs: UInt64
    }

    /// - Parameters:
    ///   - instance: a random number that no other process has, or had in the last minutes.
    ///   - pools: of each resource, the total last.
    init(instance: UInt64, shape: LimitShape, pools: [LimitPool]) {
        precondition(pools.count == shape.resources)
        self.instance = instance
        self.shape = shape
        self.pools = pools
        fingerprint = shape.fingerprint
        own = Array(repeating: .none, count: pools.count)
    }

    /// The whole assignment of this process, as the consumer's thread told it before any commit of it.
    /// Partitions that the shape does not know are left out.
    mutating func assigned(_ partitions: [SharePartition], nowNs: UInt64) {
        assigned = Set(
            partitions.filter {
                Int($0.game) < shape.games.count && $0.index >= 0
                    && $0.index < shape.games[Int($0.game)].partitions
            })
        assignment &+= 1
        rightFromNs = nowNs + Self.rightNs
        rightUntilNs = 0
        divide()
    }

    /// Nothing is this process's any more.
    mutating func revoked() {
        assigned = []
        (rightFromNs, rightUntilNs) = (.max, 0)
        divide()
    }

    /// A commit of all partitions of the present assignment has succeeded that was sent at that time.
    mutating func committed(sentNs: UInt64) {
        rightUntilNs = max(rightUntilNs, sentNs + Self.rightNs - Self.driftNs)
    }

    /// Limits were changed, and with them what their bursts pay for.
    mutating func poolsChanged(_ pools: [LimitPool]) {
        precondition(pools.count == shape.resources)
        self.pools = pools
        divide()
    }

    func hasRight(nowNs: UInt64) -> Bool { nowNs >= rightFromNs && nowNs < rightUntilNs }

    /// What is this process's by its partitions, while the right lasts.
    func owned(_ resource: Int) -> LimitShare { own[resource] }

    /// The shares of all resources in force at that time, the total's last.
    package func shares(nowNs: UInt64) -> [LimitShare] {
        guard hasRight(nowNs: nowNs) else { return Array(repeating: .none, count: own.count) }
        var shares = own
        for (resource, away) in withheld(nowNs: nowNs).enumerated() where away.rate > 0 || away.slots > 0 {
            shares[resource].rate = max(0, shares[resource].rate - away.rate)
            shares[resource].ownSlots = max(0, shares[resource].ownSlots - away.slots)
        }
        for loan in loans where nowNs < loan.untilNs {
            for grant in loan.grants {
                shares[grant.resource].rate = min(
                    LimitShare.whole, shares[grant.resource].rate + grant.rate)
                shares[grant.resource].borrowedSlots += grant.slots
            }
        }
        for resource in shares.indices {
            shares[resource].isWhole =
                shares[resource].rate == LimitShare.whole && shares[resource].slots == pools[resource].slots
        }
        return shares
    }

    /// Slots of a resource that are here at that time.
    func slots(_ resource: Int, nowNs: UInt64) -> Int {
        let borrowed = loans.filter { nowNs < $0.untilNs }.flatMap(\.grants)
            .reduce(0) { $0 + ($1.resource == resource ? $1.slots : 0) }
        return own[resource].ownSlots + borrowed
    }

    /// When shares change next by time alone; `.max` for never.
    package func nextChangeNs(after nowNs: UInt64) -> UInt64 {
        var next = UInt64.max
        if rightUntilNs > nowNs, rightUntilNs > rightFromNs {
            next = rightFromNs > nowNs ? rightFromNs : rightUntilNs
        }
        for promise in promises where promise.untilNs > nowNs && !promise.grants.isEmpty {
            next = min(next, promise.untilNs)
        }
        for loan in loans where loan.untilNs > nowNs { next = min(next, loan.untilNs) }
        return next
    }

    private mutating func divide() {
        for resource in own.indices {
            var share = LimitShare.none
            share.assignment = assignment
            for partition in assigned {
                share.rate += shape.part(of: LimitShare.whole, resource, partition)
                share.ownSlots += shape.part(of: pools[resource].slots, resource, partition)
                share.gcraBurst += shape.part(of: pools[resource].gcraBurst, resource, partition)
                share.rest += shape.part(of: pools[resource].rest, resource, partition)
            }
            own[resource] = share
        }
    }
}
