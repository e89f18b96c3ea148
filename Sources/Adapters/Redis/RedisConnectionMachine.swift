import NIOCore

/// Every decision of one Redis connection; no socket and no clock.
///
/// ```
///            start            dialSucceeded            last greeting reply
///   idle ───────────▶ dialling ────────────▶ greeting ─────────────────────▶ ready
///                      ▲    │ dialFailed        │ refused, late, disconnected  │ disconnected,
///            redialDue │    ▼                   ▼                              ▼ hung, garbled
///                     resting ◀────────────────────────────────────────────────┘
///   close, from anywhere ─▶ closed, for good
/// ```
///
/// Replies come in the order of the commands, so a first-in-first-out queue of slots matches them. A
/// command whose time is up is reported as unknown, but its slot stays: the late reply must find it,
/// or every later reply would go to the wrong command. `Completion` is what the shell calls back; the
/// machine only stores it and hands it out exactly once. The form (an event a method, a small action
/// enum each) follows valkey-swift's channel handler.
struct RedisConnectionMachine<Completion>: ~Copyable {
    enum Phase: Sendable, Equatable {
        case idle
        case dialling
        case greeting(repliesLeft: Int)
        case ready
        case resting
        case closed
    }

    private struct Slot {
        /// nil once the command's time was up.
        var completion: Completion?
        var deadlineNs: UInt64
    }

    /// What a lost connection leaves behind, for the shell to carry out in this order.
    struct Loss {
        /// Commands that were handed to the socket: they may have been applied.
        var unknown: [Completion] = []
        /// Commands of the current tick that were not.
        var neverSent: [Completion] = []
        var wasReady = false
        /// When to dial again; nil after `close`.
        var redialAtNs: UInt64?
    }

    private(set) var phase = Phase.idle
    private let limits: RedisConnectionLimits
    private var slots = CircularBuffer<Slot>()
    /// How many slots at the back belong to commands not yet handed to the socket.
    private var unwritten = 0
    private var greetingDeadlineNs: UInt64 = 0
    /// When a byte was last read: a server that still talks is slow, not hung.
    private var lastReadNs: UInt64 = 0
    /// Losses and failed dials since the last time the connection was ready.
    private var failures = 0
    private var jitter: UInt64

    /// - Parameter seed: for the random half of the back-off.
    init(limits: RedisConnectionLimits, seed: UInt64) {
        self.limits = limits
        jitter = seed
    }

    /// Commands sent or about to be whose replies have not come, timed-out ones included.
    var inFlight: Int { slots.count }

    // MARK: - Making the connection

    enum DialAction: Sendable, Equatable {
        case dial
        case nothing
    }

    mutating func start() -> DialAction {
        guard phase == .idle else { return .nothing }
        phase = .dialling
        return .dial
    }

    mutating func redialDue() -> DialAction {
        guard phase == .resting else { return .nothing }
        phase = .dialling
        return .dial
    }

    enum DialSucceededAction: Sendable, Equatable {
        /// Write the greeting commands now.
        case greet
        /// Nobody waits for this connection any more: close it.
        case hangUp
    }

    /// - Parameter greetings: how many commands the shell will write as the greeting; at least one.
    mutating func dialSucceeded(greetings: Int, nowNs: UInt64) -> DialSucceededAction {
        precondition(greetings > 0, "a connection is ready only when the server has answered something")
        guard phase == .dialling else { return .hangUp }
        phase = .greeting(repliesLeft: greetings)
        greetingDeadlineNs = nowNs + limits.greetingTimeoutNs
        lastReadNs = nowNs
        return .greet
    }

    enum DialFailedAction: Sendable, Equatable {
        case redial(atNs: UInt64)
        case nothing
    }

    mutating func dialFailed(nowNs: UInt64) -> DialFailedAction {
        guard phase == .dialling else { return .nothing }
        phase = .resting
        return .redial(atNs: nextDialNs(nowNs: nowNs))
    }

    // MARK: - Commands

    enum SendAction: Sendable, Equatable {
        /// Append the command to this tick's bytes; `flush` asks for a call of `flush` at its end.
        case queued(flush: Bool)
        case refusedNotReady
        case refusedFull
    }

    mutating func send(_ completion: Completion, deadlineNs: UInt64) -> SendAction {
        guard phase == .ready else { return .refusedNotReady }
        guard slots.count < limits.maxInFlight else { return .refusedFull }
        slots.append(Slot(completion: completion, deadlineNs: deadlineNs))
        unwritten += 1
        return .queued(flush: unwritten == 1)
    }

    enum FlushAction: Sendable, Equatable {
        case write(commands: Int)
        case nothing
    }

    /// The end of a tick: what was queued goes to the socket and may be applied from now on.
    mutating func flush() -> FlushAction {
        guard unwritten > 0 else { return .nothing }
        defer { unwritten = 0 }
        return .write(commands: unwritten)
    }

    enum ReplyAction {
        case complete(Completion)
        /// The reply of a command that was reported as unknown before.
        case discard
        case becameReady
        case nothing
        /// The greeting was refused, or the reply belongs to no command: hang up.
        case lost(Loss, LossReason)
    }

    enum LossReason: Sendable, Equatable {
        case greetingRefused
        case greetingLate
        case unasked
        case hung
    }

    /// Bytes were read; the replies in them follow as events of their own.
    mutating func received(nowNs: UInt64) {
        lastReadNs = nowNs
    }

    mutating func replied(isError: Bool) -> ReplyAction {
        switch phase {
        case .greeting(let repliesLeft):
            if isError { return .lost(lose(nowNs: lastReadNs), .greetingRefused) }
            guard repliesLeft == 1 else {
                phase = .greeting(repliesLeft: repliesLeft - 1)
                return .nothing
            }
            phase = .ready
            failures = 0
            return .becameReady
        case .ready:
            guard slots.count > unwritten else {
                return .lost(lose(nowNs: lastReadNs), .unasked)
            }
            return slots.removeFirst().completion.map { .complete($0) } ?? .discard
        case .idle, .dialling, .resting, .closed:
            return .nothing
        }
    }

    // MARK: - Time

    struct WakeAction {
        /// Commands whose time is up, oldest first: their outcome is unknown.
        var expired: [Completion] = []
        /// Set when the connection must be closed.
        var lost: (loss: Loss, reason: LossReason)?
        /// When to wake next; nil: nothing is waited for.
        var nextNs: UInt64?
    }

    /// When the shell's timer must fire at the latest; nil: nothing is waited for.
    var nextWakeNs: UInt64? {
        switch phase {
        case .greeting: greetingDeadlineNs
        case .ready: earliestNs()
        case .idle, .dialling, .resting, .closed: nil
        }
    }

    mutating func wake(nowNs: UInt64) -> WakeAction {
        var action = WakeAction()
        switch phase {
        case .greeting where nowNs >= greetingDeadlineNs:
            action.lost = (lose(nowNs: nowNs), .greetingLate)
        case .ready:
            for index in slots.indices where slots[index].deadlineNs <= nowNs {
                guard let completion = slots[index].completion else { continue }
                slots[index].completion = nil
                action.expired.append(completion)
            }
            if let stall = stallAtNs(), nowNs >= stall {
                action.lost = (lose(nowNs: nowNs), .hung)
            }
        case .idle, .dialling, .greeting, .resting, .closed:
            break
        }
        action.nextNs = nextWakeNs
        return action
    }

    /// The oldest reply is overdue and the line has been silent since.
    private func stallAtNs() -> UInt64? {
        slots.first.map { max($0.deadlineNs, lastReadNs) + limits.stallNs }
    }

    private func earliestNs() -> UInt64? {
        guard var earliest = stallAtNs() else { return nil }
        for slot in slots where slot.completion != nil { earliest = min(earliest, slot.deadlineNs) }
        return earliest
    }

    // MARK: - Losing the connection

    enum DisconnectedAction {
        case lost(Loss)
        case nothing
    }

    /// The socket closed, failed, or sent bytes that are no protocol.
    mutating func disconnected(nowNs: UInt64) -> DisconnectedAction {
        switch phase {
        case .greeting, .ready: .lost(lose(nowNs: nowNs))
        case .idle, .dialling, .resting, .closed: .nothing
        }
    }

    /// The owner is done. Commands in flight are handed out like those of a lost connection.
    mutating func close() -> Loss {
        let loss = takeSlots()
        phase = .closed
        return loss
    }

    private mutating func lose(nowNs: UInt64) -> Loss {
        var loss = takeSlots()
        phase = .resting
        loss.redialAtNs = nextDialNs(nowNs: nowNs)
        return loss
    }

    private mutating func takeSlots() -> Loss {
        var loss = Loss()
        loss.wasReady = phase == .ready
        let written = slots.count - unwritten
        for (index, slot) in slots.enumerated() {
            guard let completion = slot.completion else { continue }
            if index < written { loss.unknown.append(completion) } else { loss.neverSent.append(completion) }
        }
        slots.removeAll(keepingCapacity: true)
        unwritten = 0
        return loss
    }

    /// Doubling from the base to the cap; half of it random, so that the clients of a server that
    /// comes back do not all knock at once.
    private mutating func nextDialNs(nowNs: UInt64) -> UInt64 {
        let doublings = min(failures, 20)
        failures += 1
        let full = min(limits.backoffCapNs, limits.backoffBaseNs << UInt64(doublings))
        // Knuth's MMIX generator; its high half is good enough to spread clients apart.
        jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return nowNs + full / 2 + (jitter >> 32) % (full / 2 + 1)
    }
}
