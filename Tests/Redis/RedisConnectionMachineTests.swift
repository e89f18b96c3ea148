import Testing

@testable import Redis

@Suite("Redis connection machine")
struct RedisConnectionMachineTests {
    typealias Machine = RedisConnectionMachine<Int>

    static let limits = RedisConnectionLimits(
        maxInFlight: 4, greetingTimeoutNs: 100, stallNs: 1000, backoffBaseNs: 1 << 20,
        backoffCapNs: 8 << 20)

    /// A machine in the phase that the name says, at time 0. `busy` is ready with commands 1 and 2
    /// written (deadline 50) and 3 not yet.
    static func machine(_ phase: String) -> Machine {
        var machine = Machine(limits: limits, seed: 1)
        if phase == "idle" { return machine }
        if phase == "closed" {
            _ = machine.close()
            return machine
        }
        _ = machine.start()
        if phase == "dialling" { return machine }
        if phase == "resting" {
            _ = machine.dialFailed(nowNs: 0)
            return machine
        }
        _ = machine.dialSucceeded(greetings: phase == "greeting2" ? 2 : 1, nowNs: 0)
        if phase.hasPrefix("greeting") { return machine }
        _ = machine.replied(isError: false)
        if phase == "ready" { return machine }
        _ = machine.send(1, deadlineNs: 50)
        _ = machine.send(2, deadlineNs: 50)
        _ = machine.flush()
        _ = machine.send(3, deadlineNs: 50)
        return machine
    }

    /// The event's action as text: its case, and the commands it hands out.
    static func apply(_ event: String, to machine: inout Machine) -> String {
        switch event {
        case "start": return "\(machine.start())"
        case "redialDue": return "\(machine.redialDue())"
        case "dialSucceeded": return "\(machine.dialSucceeded(greetings: 1, nowNs: 10))"
        case "dialFailed":
            if case .redial = machine.dialFailed(nowNs: 10) { return "redial" }
            return "nothing"
        case "send": return "\(machine.send(9, deadlineNs: 60))"
        case "flush": return "\(machine.flush())"
        case "reply", "errorReply":
            machine.received(nowNs: 20)
            switch machine.replied(isError: event == "errorReply") {
            case .complete(let command): return "complete \(command)"
            case .discard: return "discard"
            case .becameReady: return "becameReady"
            case .nothing: return "nothing"
            case .lost(let loss, let reason): return "\(reason) \(text(loss))"
            }
        case "timeUp", "silence":
            let action = machine.wake(nowNs: event == "timeUp" ? 100 : 100_000)
            let lost = action.lost.map { " \($0.reason) \(text($0.loss))" } ?? ""
            return "expired \(action.expired)\(lost)"
        case "disconnected":
            switch machine.disconnected(nowNs: 10) {
            case .lost(let loss): return "lost \(text(loss))"
            case .nothing: return "nothing"
            }
        default: return text(machine.close())
        }
    }

    static func text(_ loss: Machine.Loss) -> String {
        let parts = [
            loss.unknown.isEmpty ? nil : "unknown \(loss.unknown)",
            loss.neverSent.isEmpty ? nil : "neverSent \(loss.neverSent)",
            loss.wasReady ? "wasReady" : nil,
            loss.redialAtNs == nil ? "for good" : "redial",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    static func name(_ phase: Machine.Phase) -> String {
        if case .greeting(let left) = phase { return left == 1 ? "greeting" : "greeting\(left)" }
        return "\(phase)"
    }

    /// Every phase with every event: action → phase after it. What is not listed does nothing.
    static let table: [String: [String: String]] = [
        "idle": ["start": "dial → dialling"],
        "dialling": ["dialSucceeded": "greet → greeting", "dialFailed": "redial → resting"],
        "greeting": [
            "reply": "becameReady → ready",
            "errorReply": "greetingRefused redial → resting",
            "timeUp": "expired [] greetingLate redial → resting",
            "silence": "expired [] greetingLate redial → resting",
            "disconnected": "lost redial → resting",
        ],
        "greeting2": [
            "reply": "nothing → greeting",
            "errorReply": "greetingRefused redial → resting",
            "timeUp": "expired [] greetingLate redial → resting",
            "silence": "expired [] greetingLate redial → resting",
            "disconnected": "lost redial → resting",
        ],
        "ready": [
            "send": "queued(flush: true) → ready",
            "reply": "unasked wasReady, redial → resting",
            "errorReply": "unasked wasReady, redial → resting",
            "disconnected": "lost wasReady, redial → resting",
            "close": "wasReady, for good → closed",
        ],
        "busy": [
            "send": "queued(flush: false) → ready",
            "flush": "write(commands: 1) → ready",
            "reply": "complete 1 → ready",
            "errorReply": "complete 1 → ready",
            "timeUp": "expired [1, 2, 3] → ready",
            "silence": "expired [1, 2, 3] hung wasReady, redial → resting",
            "disconnected": "lost unknown [1, 2], neverSent [3], wasReady, redial → resting",
            "close": "unknown [1, 2], neverSent [3], wasReady, for good → closed",
        ],
        "resting": ["redialDue": "dial → dialling"],
        "closed": [:],
    ]

    static let events = [
        "start", "redialDue", "dialSucceeded", "dialFailed", "send", "flush", "reply", "errorReply",
        "timeUp", "silence", "disconnected", "close",
    ]

    /// What an event does where it has nothing to do.
    static func idleAction(_ event: String, _ phase: String) -> String {
        let after = phase == "busy" ? "ready" : phase
        return switch event {
        case "dialSucceeded": "hangUp → \(after)"
        case "send": "refusedNotReady → \(after)"
        case "timeUp", "silence": "expired [] → \(after)"
        case "close": "for good → closed"
        default: "nothing → \(after)"
        }
    }

    @Test("every phase with every event", arguments: table.keys.sorted())
    func everyPhaseEveryEvent(phase: String) {
        for event in Self.events {
            var machine = Self.machine(phase)
            let action = Self.apply(event, to: &machine)
            let seen = "\(action) → \(Self.name(machine.phase))"
            let expected = Self.table[phase]?[event] ?? Self.idleAction(event, phase)
            #expect(seen == expected, "\(phase), \(event)")
        }
    }

    @Test("a late reply finds the slot of its timed-out command, and the next reply the next command")
    func alignment() {
        var machine = Self.machine("ready")
        _ = machine.send(1, deadlineNs: 50)
        _ = machine.send(2, deadlineNs: 500)
        _ = machine.flush()
        #expect(machine.wake(nowNs: 50).expired == [1])
        #expect(machine.inFlight == 2)
        #expect(Self.apply("reply", to: &machine) == "discard")
        #expect(Self.apply("reply", to: &machine) == "complete 2")
        #expect(machine.inFlight == 0)
    }

    @Test("timed-out commands count against the bound until their replies come")
    func bound() {
        var machine = Self.machine("ready")
        for command in 1...4 { _ = machine.send(command, deadlineNs: 50) }
        #expect(machine.send(5, deadlineNs: 50) == .refusedFull)
        _ = machine.flush()
        _ = machine.wake(nowNs: 50)
        #expect(machine.send(5, deadlineNs: 90) == .refusedFull)
        #expect(Self.apply("reply", to: &machine) == "discard")
        #expect(machine.send(5, deadlineNs: 90) == .queued(flush: true))
    }

    @Test("each command is handed out exactly once")
    func onceOnly() {
        var machine = Self.machine("busy")
        #expect(Self.apply("reply", to: &machine) == "complete 1")
        #expect(machine.wake(nowNs: 50).expired == [2, 3])
        #expect(machine.wake(nowNs: 51).expired == [])
        #expect(Self.apply("disconnected", to: &machine) == "lost wasReady, redial")
    }

    @Test("the next wake-up is the earliest deadline, whatever the order of sending")
    func wakeUps() {
        var machine = Self.machine("ready")
        #expect(machine.nextWakeNs == nil)
        _ = machine.send(1, deadlineNs: 900)
        _ = machine.send(2, deadlineNs: 70)
        #expect(machine.nextWakeNs == 70)
        let action = machine.wake(nowNs: 70)
        #expect(action.expired == [2])
        #expect(action.nextNs == 900)
        // Both timed out: what is left to wait for is the end of patience with the connection.
        #expect(machine.wake(nowNs: 900).nextNs == 1900)
    }

    @Test("a server that talks is slow, not hung")
    func slowIsNotHung() {
        var machine = Self.machine("busy")
        _ = machine.flush()
        #expect(machine.wake(nowNs: 1049).lost == nil)
        machine.received(nowNs: 1040)
        #expect(machine.wake(nowNs: 1050).lost == nil)
        #expect(machine.nextWakeNs == 2040)
        #expect(machine.wake(nowNs: 2040).lost?.reason == .hung)
    }

    @Test("pauses double to the cap, half of them random, and start anew after a success")
    func backOff() {
        var machine = Self.machine("dialling")
        for full in [1, 2, 4, 8, 8, 8].map({ UInt64($0) << 20 }) {
            guard case .redial(let atNs) = machine.dialFailed(nowNs: 7) else {
                Issue.record("no redial")
                return
            }
            #expect((full / 2 + 7...full + 7).contains(atNs))
            #expect(machine.redialDue() == .dial)
        }
        _ = machine.dialSucceeded(greetings: 1, nowNs: 0)
        _ = machine.replied(isError: false)
        guard case .lost(let loss) = machine.disconnected(nowNs: 0) else {
            Issue.record("nothing lost")
            return
        }
        #expect(loss.redialAtNs.map { $0 <= 1 << 20 } == true)
    }

    @Test("two clients with different seeds do not dial at the same time")
    func jitter() {
        var moments: Set<UInt64> = []
        for seed in UInt64(0)..<100 {
            var machine = Machine(limits: Self.limits, seed: seed)
            _ = machine.start()
            if case .redial(let atNs) = machine.dialFailed(nowNs: 0) { moments.insert(atNs) }
        }
        #expect(moments.count > 90)
    }
}
