import Orders

/// Orders on their way to Kafka, and who waits for each.
///
/// An order enters when it is produced and leaves when Kafka has reported; a person leaves earlier, with a
/// 503, when the answer's deadline passes. The order stays: a late acknowledgement still confirms it.
struct OrderFlights<Waiter> {
    /// Why the order was produced.
    enum Cause: Sendable {
        case claim
        /// Swept from the outbox: produced before, by this process or by one that is gone.
        case sweep
    }

    struct Flight {
        let order: OrderID
        let cause: Cause
        /// The epoch in which it was produced.
        let epoch: UInt16
        /// Whether it waits for an operator when Kafka has it.
        let isHeld: Bool
        let producedNs: UInt64
        /// Nearly always one waits, so that no array is made for them.
        fileprivate var first: (waiter: Waiter, deadlineNs: UInt64)?
        fileprivate var others: [(waiter: Waiter, deadlineNs: UInt64)] = []

        /// Hands everybody who waits to `body`.
        func forEachWaiter(_ body: (Waiter) -> Void) {
            if let first { body(first.waiter) }
            for other in others { body(other.waiter) }
        }

        /// Somebody whose deadline has passed.
        fileprivate mutating func takeOverdue(_ nowNs: UInt64) -> Waiter? {
            if let first, first.deadlineNs <= nowNs {
                self.first = others.isEmpty ? nil : others.removeFirst()
                return first.waiter
            }
            guard let at = others.firstIndex(where: { $0.deadlineNs <= nowNs }) else { return nil }
            return others.remove(at: at).waiter
        }
    }

    /// A token is a place and how often it was used before, so that a report is never taken for another's.
    private struct Slot {
        var flight: Flight?
        var generation: UInt64 = 0
    }

    private static var placeBits: UInt64 { 24 }
    private static var generationMask: UInt64 { (1 << 22) - 1 }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var places: [OrderID: Int] = [:]
    /// Deadlines in the order in which they were set, which is nearly their own.
    private var alarms: [(atNs: UInt64, token: UInt64)] = []
    private var alarmsRung = 0

    var count: Int { places.count }
    /// Produced to sweep the outbox and not yet reported.
    private(set) var sweeping = 0

    func contains(_ order: OrderID) -> Bool { places[order] != nil }

    /// When the oldest flight was produced; nil when there is none. A walk over all: for status pages.
    var oldestNs: UInt64? { slots.lazy.compactMap { $0.flight?.producedNs }.min() }

    /// The token under which Kafka is to report; 46 bits.
    mutating func begin(
        _ order: OrderID, cause: Cause, epoch: UInt16 = 0, isHeld: Bool = false, nowNs: UInt64
    ) -> UInt64 {
        let place = free.popLast() ?? slots.count
        precondition(places.updateValue(place, forKey: order) == nil, "the order is on its way already")
        let flight = Flight(order: order, cause: cause, epoch: epoch, isHeld: isHeld, producedNs: nowNs)
        if place == slots.count {
            precondition(place < 1 << Int(Self.placeBits))
            slots.append(Slot(flight: flight))
        } else {
            slots[place].flight = flight
        }
        if cause == .sweep { sweeping += 1 }
        return token(place)
    }

    private func token(_ place: Int) -> UInt64 {
        (slots[place].generation & Self.generationMask) << Self.placeBits | UInt64(place)
    }

    /// The place of a token; nil when its flight has landed.
    private func place(_ token: UInt64) -> Int? {
        let place = Int(token & ((1 << Self.placeBits) - 1))
        guard place < slots.count, slots[place].flight != nil, self.token(place) == token else { return nil }
        return place
    }

    /// Lets somebody wait for an order; false when it is not on its way from here.
    mutating func join(_ order: OrderID, _ waiter: Waiter, deadlineNs: UInt64) -> Bool {
        guard let place = places[order] else { return false }
        if slots[place].flight?.first == nil {
            slots[place].flight?.first = (waiter, deadlineNs)
        } else {
            slots[place].flight?.others.append((waiter, deadlineNs))
        }
        alarms.append((deadlineNs, token(place)))
        return true
    }

    /// Kafka has reported, or the order could not be handed over. nil for a token that has landed before.
    mutating func land(_ token: UInt64) -> Flight? {
        guard let place = place(token), let flight = slots[place].flight else { return nil }
        slots[place].flight = nil
        slots[place].generation += 1
        free.append(place)
        places[flight.order] = nil
        if flight.cause == .sweep { sweeping -= 1 }
        return flight
    }

    /// Takes out everybody whose deadline has passed.
    mutating func overdue(nowNs: UInt64) -> [Waiter] {
        var late = [Waiter]()
        while alarmsRung < alarms.count, alarms[alarmsRung].atNs <= nowNs {
            let place = place(alarms[alarmsRung].token)
            alarmsRung += 1
            if let place, let waiter = slots[place].flight?.takeOverdue(nowNs) { late.append(waiter) }
        }
        if alarmsRung > 1024 || alarmsRung == alarms.count {
            alarms.removeFirst(alarmsRung)
            alarmsRung = 0
        }
        return late
    }

    /// Everybody who waits, as when the process stops.
    mutating func releaseAll() -> [Waiter] {
        var waiters = [Waiter]()
        for place in slots.indices {
            slots[place].flight?.forEachWaiter { waiters.append($0) }
            slots[place].flight?.first = nil
            slots[place].flight?.others.removeAll()
        }
        alarms.removeAll()
        alarmsRung = 0
        return waiters
    }
}
