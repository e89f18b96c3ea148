/// Stops sending to a game that only fails, and finds out with a few probes when it works again.
///
/// | state     | success            | failure, silence                | alive          | none       |
/// | closed    | streaks ← 0        | streak + 1; at its limit → open | silence ← 0    | –          |
/// | open      | ignored            | ignored                         | ignored        | ignored    |
/// | half open | the last → closed  | → open, twice as long           | a probe back   | a probe back |
///
/// Until the game has answered this owner once, a single request that lay unanswered for its whole time
/// opens it: owners may follow each other while a game hangs, and each adds what it tries to what lies
/// unread there.
///
/// Open gives no permits at all. Closing is a beginning: whoever owns it goes on with as many requests as
/// there were probes, and with a `RateRamp`. Open turns half open by time alone, when it is asked for
/// admission. A result of a request that started before the last change of state says nothing about now and
/// is ignored: every change starts a new generation. A pure value; times are monotonic nanoseconds.
package struct CircuitBreaker: Sendable {
    package struct Policy: Sendable, Equatable {
        /// Failures in a row, answered or not, that open it. Large enough that a game failing half of its
        /// requests at random stays closed (2^-20 a request).
        package var failuresToOpen = 20
        /// Requests in a row without any answer that open it.
        package var silencesToOpen = 5
        /// Good answers that close it again, and the most probes out at once.
        package var probes = 2
        package var openBaseNs: UInt64 = 1_000_000_000
        package var openCapNs: UInt64 = 60_000_000_000

        package init() {}
    }

    package enum State: Sendable, Equatable {
        case closed
        case open(untilNs: UInt64)
        case halfOpen
    }

    /// What a finished request says about the game.
    package enum Verdict: Sendable, Equatable, CaseIterable {
        /// It did what it is for.
        case success
        /// It answered that it could not.
        case failure
        /// It did not answer.
        case silence
        /// It answered, but about something else (too many requests).
        case alive
        /// The request was given up for a reason of our own.
        case none
    }

    package enum Admission: Sendable, Equatable {
        case allowed
        /// Allowed from that time on.
        case from(untilNs: UInt64)
        /// Only a finished probe can change it.
        case blocked
    }

    package private(set) var state = State.closed
    /// Which change of state a request belongs to; handed back with its result.
    package private(set) var generation: UInt32 = 0
    private let policy: Policy
    /// Whether the game has answered since it came into these hands.
    private var isProven = false
    private var failures = 0
    private var silences = 0
    private var openings = 0
    private var probesOut = 0
    private var probesGood = 0

    package init(policy: Policy = Policy()) { self.policy = policy }

    /// How many probes go out at once, and how many good ones close it.
    package var probes: Int { policy.probes }

    /// Whether a request may start now.
    package mutating func admission(nowNs: UInt64) -> Admission {
        switch state {
        case .closed: return .allowed
        case .open(let untilNs):
            guard nowNs >= untilNs else { return .from(untilNs: untilNs) }
            enter(.halfOpen)
            return .allowed
        case .halfOpen: return probesOut + probesGood < policy.probes ? .allowed : .blocked
        }
    }

    /// A request starts; only after `admission` allowed it. Returns the generation to finish it with.
    package mutating func started() -> UInt32 {
        if state == .halfOpen { probesOut += 1 }
        return generation
    }

    /// The game comes from other hands: what was seen of it before says nothing about now.
    package mutating func doubt() { isProven = false }

    /// - Parameter isUnread: whether the request may still lie unread at the game.
    package mutating func finished(
        generation: UInt32, _ verdict: Verdict, isUnread: Bool = false, nowNs: UInt64
    ) {
        guard generation == self.generation else { return }
        switch verdict {
        case .success, .failure, .alive: isProven = true
        case .silence, .none: break
        }
        switch state {
        case .closed:
            if isUnread, !isProven { open(nowNs: nowNs) } else { judge(verdict, nowNs: nowNs) }
        case .open: break
        case .halfOpen:
            probesOut -= 1
            switch verdict {
            case .success:
                probesGood += 1
                if probesGood >= policy.probes {
                    openings = 0
                    enter(.closed)
                }
            case .failure, .silence: open(nowNs: nowNs)
            case .alive, .none: break
            }
        }
    }

    private mutating func judge(_ verdict: Verdict, nowNs: UInt64) {
        switch verdict {
        case .success: (failures, silences) = (0, 0)
        case .failure: (failures, silences) = (failures + 1, 0)
        case .silence: (failures, silences) = (failures + 1, silences + 1)
        case .alive: silences = 0
        case .none: break
        }
        if failures >= policy.failuresToOpen || silences >= policy.silencesToOpen { open(nowNs: nowNs) }
    }

    private mutating func open(nowNs: UInt64) {
        let factor: UInt64 = 1 << UInt64(min(openings, 20))
        openings += 1
        enter(.open(untilNs: nowNs + min(policy.openCapNs, policy.openBaseNs * factor)))
    }

    private mutating func enter(_ next: State) {
        state = next
        generation &+= 1
        (failures, silences, probesOut, probesGood) = (0, 0, 0, 0)
    }
}
