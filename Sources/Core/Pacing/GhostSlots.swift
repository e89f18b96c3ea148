/// The requests that timed out and may still sit unread in a game's sockets.
///
/// Closing a connection does not take back what lies in the other side's receive buffer: a game that hangs
/// and wakes up reads it all. So such a request keeps its slot as a ghost until the game has answered a
/// request that started later, and one second more. The assumption behind it: a game that answers reads
/// all of its sockets within that second.
///
/// A queue in the order of creation: an answer lays a prefix of it to rest, so each step is O(1) amortised.
struct GhostSlots: Sendable {
    static let restNs: UInt64 = 1_000_000_000

    private struct Ghost {
        var createdNs: UInt64
        /// When it is gone; meaningful for the confirmed prefix only.
        var releaseNs: UInt64
    }

    private var ghosts: [Ghost] = []
    private var head = 0
    /// Index of the first ghost that no later answer has confirmed.
    private var unconfirmed = 0

    init(inherited: Int, nowNs: UInt64) {
        ghosts = Array(repeating: Ghost(createdNs: nowNs, releaseNs: .max), count: inherited)
    }

    var count: Int { ghosts.count - head }

    /// When the next ghost goes by itself; nil if that takes an answer first.
    var nextReleaseNs: UInt64? { head < unconfirmed ? ghosts[head].releaseNs : nil }

    mutating func add(nowNs: UInt64) {
        ghosts.append(Ghost(createdNs: nowNs, releaseNs: .max))
    }

    /// Somebody else has taken over that many, of the newest.
    mutating func drop(_ count: Int) {
        ghosts.removeLast(min(count, self.count))
        unconfirmed = min(unconfirmed, ghosts.count)
    }

    /// The game answered a request that had started at `startedNs`.
    mutating func answered(startedNs: UInt64, nowNs: UInt64) {
        while unconfirmed < ghosts.count, ghosts[unconfirmed].createdNs <= startedNs {
            ghosts[unconfirmed].releaseNs = nowNs + Self.restNs
            unconfirmed += 1
        }
    }

    /// Lets go of those whose time has come; returns whether there were any.
    mutating func release(nowNs: UInt64) -> Bool {
        let before = head
        while head < unconfirmed, ghosts[head].releaseNs <= nowNs { head += 1 }
        guard head != before else { return false }
        if head == ghosts.count {
            ghosts.removeAll(keepingCapacity: true)
            (head, unconfirmed) = (0, 0)
        } else if head >= 64, head * 2 >= ghosts.count {
            ghosts.removeFirst(head)
            unconfirmed -= head
            head = 0
        }
        return true
    }
}
