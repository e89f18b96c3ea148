import OrderStore

/// How a loop comes to work in Redis's run: the epoch that its scripts carry, the lane that it numbers orders
/// in; how it keeps them, and how it stops in time when either is lost.
///
/// ```
///  away ─redisUp─▶ asking ─open─▶ acquiring ─lane─▶ announcing ─acknowledged─▶ open
///                  │ │ │ ▲            ▲                                         │
///                  │ │ │ └────────────┴─────── lease lost, lane full ───────────┤
///                  │ │ └─open, own lane─▶ renewing ─ours─▶ open                 │
///                  │ ├─empty─▶ marking ─▶ asking                                │
///                  │ └─fresh─▶ readingHistory ─blank─▶ recordingEpoch           │
///                  │                 │                 ─▶ openingFresh ─▶ asking│
///                  ▼                 ▼ history                                  │
///               waiting ◀── closed, strange run, a step failed, another epoch ──┘
/// ```
///
/// A lane is good only if everything about it was said over one connection to one run of Redis: how Redis
/// stands is asked first, every loss of the connection begins anew, and while the lane is open it is asked
/// again every second. Only a campaign that neither Redis nor Kafka knows is opened from here; what was lost
/// is rebuilt by others, and waited for. The lane stands in Kafka before it numbers its first order. The
/// lease is counted from before the request that prolonged it, so that this side always lets go first.
struct LaneKeeper {
    /// Times in nanoseconds of the monotonic clock.
    struct Times: Equatable {
        var leaseNs: UInt64
        var renewNs: UInt64
        /// Between two looks at how Redis stands while all is well.
        var lookNs: UInt64
        /// Before a step that failed is tried again, and between two looks while a rebuild is waited for.
        var pauseNs: UInt64
    }

    private let times: Times

    private(set) var state = State.away
    /// Counts the steps: an answer to an earlier step is told apart by it.
    private(set) var step: UInt64 = 0
    /// What scripts are given: the epoch that Redis was found open with, over this connection; 0: none.
    private(set) var epoch: UInt16 = 0
    /// The epoch in which the lease was given, for ``mayPromise(_:nowNs:)``; 0: none.
    private(set) var leaseEpoch: UInt16 = 0
    /// The epoch in which a lane was last open.
    private var lastEpoch: UInt16 = 0
    /// The last lane that was open, as long as nothing says that it is lost.
    private var lastLane: UInt32?
    private var requestedNs: UInt64 = 0
    private var leaseEndsNs: UInt64 = 0
    /// When the renewal that is under way was asked for.
    private var renewalSentNs: UInt64?
    /// When a record that Kafka did not take is written again.
    private var rewriteAtNs: UInt64?
    private var isLooking = false
    private var lookAtNs: UInt64 = 0
    /// Kafka was once found to remember the campaign; it does not forget.
    private var hasHistory = false

    init(_ times: Times) {
        precondition(times.renewNs * 2 <= times.leaseNs)
        self.times = times
    }

    /// The lane to number in, if there is one at this moment; asked before every batch, so that a process
    /// that slept through its lease numbers nothing.
    func lane(nowNs: UInt64) -> UInt32? {
        guard case .open(let lane) = state, nowNs < leaseEndsNs else { return nil }
        return lane
    }

    /// Whether an order of that epoch, which Kafka has acknowledged, may be told of as accepted.
    ///
    /// A rebuild reads Kafka only when every lease that was given before it has ended: what Kafka held while
    /// the lease lasted is read. Later it might have come behind the reading.
    func mayPromise(_ epoch: UInt16, nowNs: UInt64) -> Bool {
        epoch == leaseEpoch && epoch != 0 && nowNs < leaseEndsNs
    }

    /// The lane whose outbox entries are this loop's to sweep.
    var ownLane: UInt32? {
        switch state {
        case .open(let lane), .renewing(let lane), .announcing(let lane): lane
        default: nil
        }
    }

    /// What is missing before claims can be taken; nil when nothing is.
    var missing: String? {
        switch state {
        case .open: nil
        case .away: "redis: not connected"
        case .asking, .renewing: "run: redis is being asked how it stands"
        case .marking, .openingFresh: "run: the campaign is being opened for the first time"
        case .readingHistory: "run: kafka is asked whether the campaign is new"
        case .recordingEpoch: "run: kafka has not acknowledged the campaign's opening"
        case .acquiring: "lane: being acquired"
        case .announcing: "lane: kafka has not acknowledged it"
        case .waiting(_, let why): why.rawValue
        case .stopped: "stopped"
        }
    }

    /// Takes an event. `step`: for answers, the ``step`` at which the question was asked.
    mutating func on(_ event: Event, step asked: UInt64? = nil, nowNs: UInt64) -> [Action] {
        if state == .stopped { return [] }
        if let asked, asked != step { return [] }
        switch (event, state) {
        case (.stop, _):
            let lane = ownLane
            leaseEpoch = 0
            return closing() + enter(.stopped, lane.map { [.giveUp(lane: $0)] } ?? [])
        case (.redisDown, _):
            return disconnected() + enter(.away, [])
        case (.redisUp, _):
            return disconnected() + enter(.asking, [.ask])
        case (.looked(let standing), _):
            return looked(standing, nowNs)
        case (.renewed(let lane, let isOurs), _):
            return lane == ownLane ? renewed(isOurs, nowNs) : []
        case (.epochRefused, .open), (.epochRefused, .announcing), (.epochRefused, .renewing),
            (.epochRefused, .acquiring):
            epoch = 0
            return closing() + wait(.otherEpoch, nowNs)
        case (.full, .open(let lane)):
            lastLane = nil
            return closing() + enter(.acquiring, [.giveUp(lane: lane)] + acquire(nowNs))
        case (.tick, _):
            return tick(nowNs)
        default:
            return advance(event, nowNs)
        }
    }

    /// The steps to an open lane, one after the other.
    private mutating func advance(_ event: Event, _ nowNs: UInt64) -> [Action] {
        switch (event, state) {
        case (.standing(let standing), .asking): return stands(standing, nowNs)
        case (.marked, .marking): return enter(.asking, [.ask])
        case (.history(let isBlank), .readingHistory):
            hasHistory = !isBlank
            return isBlank ? enter(.recordingEpoch, [.recordEpoch]) : wait(.lost, nowNs)
        case (.epochRecorded, .recordingEpoch): return enter(.openingFresh, [.openFresh])
        case (.openedFresh, .openingFresh): return enter(.asking, [.ask])
        case (.acquired(let lane), .acquiring):
            leaseEndsNs = requestedNs + times.leaseNs
            leaseEpoch = epoch
            renewalSentNs = nil
            return enter(.announcing(lane: lane), [.announce(lane: lane)])
        case (.announced, .announcing(let lane)): return open(lane, nowNs)
        case (.failed, .announcing), (.failed, .recordingEpoch):
            rewriteAtNs = nowNs + times.pauseNs
            return []
        case (.failed, .asking), (.failed, .marking), (.failed, .readingHistory), (.failed, .openingFresh),
            (.failed, .acquiring):
            return wait(.failed, nowNs)
        default: return []
        }
    }

    private mutating func enter(_ next: State, _ actions: [Action]) -> [Action] {
        state = next
        step += 1
        rewriteAtNs = nil
        return actions
    }

    private mutating func wait(_ why: Reason, _ nowNs: UInt64) -> [Action] {
        enter(.waiting(untilNs: nowNs + times.pauseNs, why: why), [])
    }

    private func closing() -> [Action] {
        if case .open = state { return [.closed] }
        return []
    }

    /// The lease stays: what Kafka acknowledges while it lasts may still be promised.
    private mutating func disconnected() -> [Action] {
        renewalSentNs = nil
        isLooking = false
        epoch = 0
        return closing()
    }

    /// How Redis stands, asked without a lane or with one that might be lost.
    private mutating func stands(_ standing: Standing, _ nowNs: UInt64) -> [Action] {
        epoch = standing.openEpoch ?? 0
        switch standing {
        case .open(let epoch):
            lookAtNs = nowNs + times.lookNs
            guard let lane = lastLane, lastEpoch == epoch, nowNs < leaseEndsNs else {
                return enter(.acquiring, acquire(nowNs))
            }
            renewalSentNs = nowNs
            return enter(.renewing(lane: lane), [.renew(lane: lane)])
        case .empty: return hasHistory ? wait(.lost, nowNs) : enter(.marking, [.markFresh])
        case .fresh: return hasHistory ? wait(.lost, nowNs) : enter(.readingHistory, [.readHistory])
        case .closed: return wait(.closed, nowNs)
        case .strangeRun: return wait(.strange, nowNs)
        }
    }

    private mutating func acquire(_ nowNs: UInt64) -> [Action] {
        lastLane = nil
        requestedNs = nowNs
        return [.acquire]
    }

    private mutating func open(_ lane: UInt32, _ nowNs: UInt64) -> [Action] {
        guard nowNs < leaseEndsNs else { return lost() }
        let isNewEpoch = lastEpoch != epoch
        lastEpoch = epoch
        lastLane = lane
        hasHistory = true
        return enter(.open(lane: lane), [.opened(lane: lane, isNewEpoch: isNewEpoch)])
    }

    /// The lease has ended or is somebody else's.
    private mutating func lost() -> [Action] {
        lastLane = nil
        leaseEpoch = 0
        return closing() + enter(.asking, [.ask])
    }

    private mutating func looked(_ standing: Standing?, _ nowNs: UInt64) -> [Action] {
        guard isLooking else { return [] }
        isLooking = false
        // Without an answer the next tick asks again.
        guard let standing, ownLane != nil else { return [] }
        lookAtNs = nowNs + times.lookNs
        guard standing != .open(epoch: epoch) else { return [] }
        let actions = closing()
        return actions + stands(standing, nowNs)
    }

    private mutating func renewed(_ isOurs: Bool?, _ nowNs: UInt64) -> [Action] {
        guard let sentNs = renewalSentNs else { return [] }
        renewalSentNs = nil
        guard let isOurs else {
            // While the lane is open the next tick asks again, as long as the lease lasts.
            if case .renewing = state { return wait(.failed, nowNs) }
            return []
        }
        guard isOurs else { return lost() }
        leaseEndsNs = sentNs + times.leaseNs
        if case .renewing(let lane) = state { return open(lane, nowNs) }
        return []
    }

    private mutating func tick(_ nowNs: UInt64) -> [Action] {
        switch state {
        case .waiting(let untilNs, _):
            return nowNs >= untilNs ? enter(.asking, [.ask]) : []
        case .recordingEpoch:
            return isRewriteDue(nowNs) ? [.recordEpoch] : []
        case .open(let lane), .announcing(let lane):
            if nowNs >= leaseEndsNs { return lost() }
            var actions = [Action]()
            if isRewriteDue(nowNs) { actions.append(.announce(lane: lane)) }
            if renewalSentNs == nil, nowNs >= leaseEndsNs - times.leaseNs + times.renewNs {
                renewalSentNs = nowNs
                actions.append(.renew(lane: lane))
            }
            if !isLooking, nowNs >= lookAtNs {
                isLooking = true
                actions.append(.look)
            }
            return actions
        default:
            return []
        }
    }

    private mutating func isRewriteDue(_ nowNs: UInt64) -> Bool {
        guard let at = rewriteAtNs, nowNs >= at else { return false }
        rewriteAtNs = nil
        return true
    }
}
