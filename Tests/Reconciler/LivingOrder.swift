import Orders
import Wire

@testable import Reconciler

/// One order of a simulated campaign, taking the steps that the services take, in their order of writes.
struct LivingOrder {
    /// What it waits for next.
    enum Phase: Equatable {
        case unclaimed, claimed, produced, confirmed, begun
        case recorded(Outcome)
        case settled(Outcome)
        case shelved
        case ended
        /// Nothing will ever happen to it again unless somebody notices.
        case lost
    }

    struct Record {
        var isRetry: Bool
        /// The deliverer's committed offset has passed it.
        var isPassed = false
    }

    let order: Order
    let game: UInt8
    var phase = Phase.unclaimed
    var isInOutbox = false
    var records: [Record] = []
    var outcomes: [(outcome: Outcome, attempt: UInt16)] = []
    var state = OrderState.none
    var attempt: UInt16 = 0

    init(_ order: Order, game: UInt8) {
        self.order = order
        self.game = game
    }

    mutating func step(_ random: inout SplitMix64) {
        switch phase {
        case .unclaimed:
            (phase, isInOutbox, state) = (.claimed, true, .outbox)
        case .claimed:
            records.append(Record(isRetry: false))
            phase = .produced
        case .produced:
            // The sweep may have been faster than the acknowledgement: a twin.
            if random.next() % 8 == 0 { records.append(Record(isRetry: false)) }
            (phase, isInOutbox, state) = (.confirmed, false, .queued)
        case .confirmed, .settled(.failed), .settled(.unknown), .shelved:
            if case .settled = phase, random.next() % 3 == 0 { return shelve() }
            attempt += 1
            (phase, state) = (.begun, .inFlight)
        case .begun:
            let outcome: Outcome = [
                .granted, .granted, .alreadyGranted, .rejected, .failed, .failed, .unknown,
            ][
                Int(random.next() % 7)]
            outcomes.append((outcome, attempt))
            phase = .recorded(outcome)
        case .recorded(let outcome):
            state = outcome.state
            phase = .settled(outcome)
            if outcome == .unknown, random.next() % 3 == 0 {
                outcomes.append((.parked, attempt))
                phase = .recorded(.parked)
            }
        case .settled:
            passAll()
            phase = .ended
        case .ended, .lost: break
        }
    }

    /// Its next record is acknowledged before the mark passes the one before.
    private mutating func shelve() {
        passAll(but: records.count)
        records.append(Record(isRetry: true))
        phase = .shelved
    }

    mutating func passAll(but first: Int = .max) {
        for index in records.indices where index < first { records[index].isPassed = true }
    }

    /// The mark is moved past its records, or they vanish, and whoever had it in hand is gone.
    mutating func lose(_ random: inout SplitMix64) {
        switch phase {
        case .confirmed, .begun, .recorded, .settled(.failed), .settled(.unknown), .shelved: break
        default: return
        }
        if case .recorded(let outcome) = phase, outcome.state.isClosed || outcome == .parked { return }
        if random.next() % 4 == 0 { records = [] }
        passAll()
        phase = .lost
    }

    /// The class in a world that stands still, by what the services did last.
    var naiveClass: OrderClass? {
        if outcomes.contains(where: { $0.outcome.state == .delivered }) { return .delivered }
        switch phase {
        case .unclaimed: return nil
        case .claimed: return .outbox
        case .produced, .confirmed: return .queued
        case .begun: return .inFlight
        case .recorded(.rejected), .settled(.rejected): return .rejected
        case .recorded(.parked), .settled(.parked): return .parked
        case .recorded: return .inFlight
        case .settled(.unknown): return .unknown
        case .settled, .shelved: return state == .unknown ? .unknown : .retrying
        case .ended: return outcomes.last?.outcome == .parked ? .parked : .rejected
        case .lost: return .missing
        }
    }
}
