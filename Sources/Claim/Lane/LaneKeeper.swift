/// How a loop gets the lane that it numbers orders in, keeps it, and stops in time when it is lost.
///
/// ```
///   away ──redisUp──▶ askingRun ──run──▶ acquiring ──lane──▶ announcing ──acknowledged──▶ open
///    ▲                  ▲   │              │    ▲                │                          │
///    │                  │   │ same run     │    │ floor          │ lease lost               │ lease lost,
///    │ redisDown        │   ▼              ▼    │                ▼                          ▼ lane full
///    └─ (any state)     │ renewing      readingFloor          askingRun ◀──────────────────┘
///                       └─ pausing ◀── any step failed
/// ```
///
/// A lane is good only if everything about it was said over one connection to one run of Redis: the run is
/// asked first, every loss of the connection begins anew, and a lane counter that may be old (another run)
/// is lifted above all that Kafka has seen. The lane stands in Kafka before it numbers its first order. The
/// lease is counted from before the request that prolonged it, so that this side always lets go first.
struct LaneKeeper {
    enum Event: Equatable {
        case redisUp
        case redisDown
        /// Redis's `run_id`.
        case run(String)
        case acquired(lane: UInt32)
        /// The counter may be old: a floor from Kafka is needed.
        case needsFloor
        case floor(UInt32)
        /// Kafka holds the lane.
        case announced
        /// The lease was prolonged, or the lane is no longer ours; nil: no answer.
        case renewed(lane: UInt32, Bool?)
        /// The step got no answer.
        case failed
        /// A shard has used up the lane's numbers.
        case full
        case tick
        case stop
    }

    enum Action: Equatable {
        case askRun
        case acquire(run: String, floor: UInt32?)
        case readFloor
        case announce(lane: UInt32)
        case renew(lane: UInt32)
        case giveUp(lane: UInt32)
        /// Claims may be numbered in this lane. `newRun`: what this process knew of Redis's contents no
        /// longer counts.
        case opened(lane: UInt32, newRun: Bool)
        /// No claim may be numbered any more.
        case closed
    }

    /// What the lane waits for, as `/readyz` and the status page say it.
    enum State: Equatable {
        case away
        case askingRun
        case acquiring(run: String)
        case readingFloor(run: String)
        case announcing(run: String, lane: UInt32)
        /// Back after a loss of the connection, same run: the lease decides.
        case renewing(run: String, lane: UInt32)
        case open(run: String, lane: UInt32)
        case pausing(untilNs: UInt64)
        case stopped
    }

    private let leaseNs: UInt64
    private let renewNs: UInt64
    /// Before a step that failed is tried again.
    private let pauseNs: UInt64

    private(set) var state = State.away
    /// Counts the steps: an answer to an earlier step is told apart by it.
    private(set) var step: UInt64 = 0
    /// The run in which a lane was last open.
    private var lastRun: String?
    /// The last lane that was open, as long as nothing says that it is lost.
    private var lastLane: UInt32?
    private var requestedNs: UInt64 = 0
    private var leaseEndsNs: UInt64 = 0
    /// When the renewal that is under way was asked for.
    private var renewalSentNs: UInt64?
    private var announceAtNs: UInt64?

    init(leaseNs: UInt64, renewNs: UInt64, pauseNs: UInt64) {
        precondition(renewNs * 2 <= leaseNs)
        self.leaseNs = leaseNs
        self.renewNs = renewNs
        self.pauseNs = pauseNs
    }

    /// The lane to number in, if there is one at this moment; asked before every batch, so that a process
    /// that slept through its lease numbers nothing.
    func lane(nowNs: UInt64) -> UInt32? {
        guard case .open(_, let lane) = state, nowNs < leaseEndsNs else { return nil }
        return lane
    }

    /// The lane whose outbox entries are this loop's to sweep.
    var ownLane: UInt32? {
        switch state {
        case .open(_, let lane), .renewing(_, let lane), .announcing(_, let lane): lane
        default: nil
        }
    }

    /// What is missing before claims can be taken; nil when nothing is.
    var missing: String? {
        switch state {
        case .open: nil
        case .away: "redis: not connected"
        case .askingRun, .renewing: "redis: its run is being asked for"
        case .acquiring: "lane: being acquired"
        case .readingFloor: "lane: its floor is being read from kafka"
        case .announcing: "lane: kafka has not acknowledged it"
        case .pausing: "lane: the last attempt failed and is repeated"
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
            return closing() + enter(.stopped, lane.map { [.giveUp(lane: $0)] } ?? [])
        case (.redisDown, _):
            renewalSentNs = nil
            return closing() + enter(.away, [])
        case (.redisUp, _):
            return closing() + enter(.askingRun, [.askRun])
        case (.failed, .announcing):
            announceAtNs = nowNs + pauseNs
            return []
        case (.failed, .askingRun), (.failed, .acquiring), (.failed, .readingFloor):
            return enter(.pausing(untilNs: nowNs + pauseNs), [])
        case (.run(let run), .askingRun):
            return ran(run, nowNs)
        case (.needsFloor, .acquiring(let run)):
            return enter(.readingFloor(run: run), [.readFloor])
        case (.floor(let floor), .readingFloor(let run)):
            return acquire(run, floor: floor, nowNs)
        case (.acquired(let lane), .acquiring(let run)):
            leaseEndsNs = requestedNs + leaseNs
            renewalSentNs = nil
            announceAtNs = nil
            return enter(.announcing(run: run, lane: lane), [.announce(lane: lane)])
        case (.announced, .announcing(let run, let lane)):
            return open(run, lane, nowNs)
        case (.renewed(let lane, let isOurs), _):
            return lane == ownLane ? renewed(isOurs, nowNs) : []
        case (.full, .open(_, let lane)):
            lastLane = nil
            return closing() + enter(.askingRun, [.giveUp(lane: lane), .askRun])
        case (.tick, _):
            return tick(nowNs)
        default:
            return []
        }
    }

    private mutating func enter(_ next: State, _ actions: [Action]) -> [Action] {
        state = next
        step += 1
        return actions
    }

    private func closing() -> [Action] {
        if case .open = state { return [.closed] }
        return []
    }

    private mutating func ran(_ run: String, _ nowNs: UInt64) -> [Action] {
        guard let lane = lastLane, lastRun == run, nowNs < leaseEndsNs else {
            return acquire(run, floor: nil, nowNs)
        }
        renewalSentNs = nowNs
        return enter(.renewing(run: run, lane: lane), [.renew(lane: lane)])
    }

    private mutating func acquire(_ run: String, floor: UInt32?, _ nowNs: UInt64) -> [Action] {
        lastLane = nil
        requestedNs = nowNs
        return enter(.acquiring(run: run), [.acquire(run: run, floor: floor)])
    }

    private mutating func open(_ run: String, _ lane: UInt32, _ nowNs: UInt64) -> [Action] {
        guard nowNs < leaseEndsNs else { return lost() }
        let isNewRun = lastRun != run
        lastRun = run
        lastLane = lane
        return enter(.open(run: run, lane: lane), [.opened(lane: lane, newRun: isNewRun)])
    }

    private mutating func lost() -> [Action] {
        lastLane = nil
        return closing() + enter(.askingRun, [.askRun])
    }

    private mutating func renewed(_ isOurs: Bool?, _ nowNs: UInt64) -> [Action] {
        guard let sentNs = renewalSentNs else { return [] }
        renewalSentNs = nil
        guard let isOurs else {
            // While the lane is open the next tick asks again, as long as the lease lasts.
            if case .renewing = state { return enter(.pausing(untilNs: nowNs + pauseNs), []) }
            return []
        }
        guard isOurs else { return lost() }
        leaseEndsNs = sentNs + leaseNs
        if case .renewing(let run, let lane) = state { return open(run, lane, nowNs) }
        return []
    }

    private mutating func tick(_ nowNs: UInt64) -> [Action] {
        switch state {
        case .pausing(let untilNs):
            return nowNs >= untilNs ? enter(.askingRun, [.askRun]) : []
        case .open(_, let lane), .announcing(_, let lane):
            if nowNs >= leaseEndsNs { return lost() }
            var actions = [Action]()
            if let at = announceAtNs, nowNs >= at, case .announcing = state {
                announceAtNs = nil
                actions.append(.announce(lane: lane))
            }
            let sinceNs = leaseEndsNs - leaseNs
            if renewalSentNs == nil, nowNs >= sinceNs + renewNs {
                renewalSentNs = nowNs
                actions.append(.renew(lane: lane))
            }
            return actions
        default:
            return []
        }
    }
}
