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
        let producedNs: UInt64
        fileprivate(set) var waiters: [Waiter]
        fileprivate var deadlines: [UInt64]
    }

    private var flights: [UInt64: Flight] = [:]
    private var tokens: [OrderID: UInt64] = [:]
    private var nextToken: UInt64 = 0
    /// Deadlines in the order in which they were set, which is nearly their own.
    private var alarms: [(atNs: UInt64, token: UInt64)] = []
    private var alarmsRung = 0

    var count: Int { flights.count }
    /// Produced to sweep the outbox and not yet reported.
    private(set) var sweeping = 0

    func contains(_ order: OrderID) -> Bool { tokens[order] != nil }

    /// When the oldest flight was produced; nil when there is none. A walk over all: for status pages.
    var oldestNs: UInt64? { flights.values.lazy.map(\.producedNs).min() }

    /// The token under which Kafka is to report. It has 48 bits, which last for thousands of years.
    mutating func begin(_ order: OrderID, cause: Cause, nowNs: UInt64) -> UInt64 {
        precondition(tokens[order] == nil, "the order is on its way already")
        let token = nextToken
        nextToken += 1
        tokens[order] = token
        flights[token] = Flight(order: order, cause: cause, producedNs: nowNs, waiters: [], deadlines: [])
        if cause == .sweep { sweeping += 1 }
        return token
    }

    /// Lets somebody wait for an order; false when it is not on its way from here.
    mutating func join(_ order: OrderID, _ waiter: Waiter, deadlineNs: UInt64) -> Bool {
        guard let token = tokens[order] else { return false }
        flights[token]?.waiters.append(waiter)
        flights[token]?.deadlines.append(deadlineNs)
        alarms.append((deadlineNs, token))
        return true
    }

    /// Kafka has reported, or the order could not be handed over. nil for a token that has landed before.
    mutating func land(_ token: UInt64) -> Flight? {
        guard let flight = flights.removeValue(forKey: token) else { return nil }
        tokens[flight.order] = nil
        if flight.cause == .sweep { sweeping -= 1 }
        return flight
    }

    /// Takes out everybody whose deadline has passed.
    mutating func overdue(nowNs: UInt64) -> [Waiter] {
        var late = [Waiter]()
        while alarmsRung < alarms.count, alarms[alarmsRung].atNs <= nowNs {
            let token = alarms[alarmsRung].token
            alarmsRung += 1
            guard var flight = flights[token], let at = flight.deadlines.firstIndex(where: { $0 <= nowNs })
            else { continue }
            late.append(flight.waiters.remove(at: at))
            flight.deadlines.remove(at: at)
            flights[token] = flight
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
        for token in Array(flights.keys) {
            waiters += flights[token]?.waiters ?? []
            flights[token]?.waiters.removeAll()
            flights[token]?.deadlines.removeAll()
        }
        alarms.removeAll()
        alarmsRung = 0
        return waiters
    }
}
