import Pacing

/// A sender under a `DeliveryPacer` and the games it sends to, in simulated time.
///
/// Each game reads what it is sent after a random delay, except while it stalls: then it reads everything
/// at once when the stall ends, what its clients gave up on included. What counts is when it reads.
struct PacedWorld {
    struct Stall {
        let game: Int
        let fromNs: UInt64
        let untilNs: UInt64
    }

    private struct Flight {
        let permit: Permit
        let finishNs: UInt64
        let kind: FinishKind
    }

    var pacer: DeliveryPacer
    var bits: SeededBits
    var stalls: [Stall] = []
    var timeoutNs: UInt64 = 500 * msNs
    var latencyNs: ClosedRange<UInt64> = msNs...(20 * msNs)
    /// One request in so many breaks its connection, or is answered 503 with a short Retry-After.
    var lossOneIn: UInt64 = .max
    var throttleOneIn: UInt64 = .max
    private(set) var nowNs: UInt64
    private(set) var arrivals: [[UInt64]]
    private(set) var starts: [Int]
    private var flights: [Flight] = []

    init(_ pacer: DeliveryPacer, seed: UInt64, nowNs: UInt64) {
        self.pacer = pacer
        bits = SeededBits(seed)
        self.nowNs = nowNs
        arrivals = Array(repeating: [], count: pacer.games.count)
        starts = Array(repeating: 0, count: pacer.games.count)
        for game in pacer.games.indices { self.pacer.setDemand(UInt8(game), true) }
    }

    /// Runs to that time in ticks of about a millisecond; `extraPauseNs` sometimes adds a stall of the
    /// sender, at times between a clock reading and the start that uses it.
    mutating func run(untilNs: UInt64, pauses: ClosedRange<UInt64>? = nil, pauseOneIn: UInt64 = 1500) {
        while nowNs < untilNs {
            nowNs += bits.within((msNs / 2)...(3 * msNs / 2))
            if let pauses, bits.oneIn(pauseOneIn) {
                let staleNs = nowNs
                nowNs += bits.within(pauses)
                if bits.oneIn(2) { sendAll(readingNs: staleNs) }
            }
            finishDue()
            sendAll(readingNs: nil)
        }
    }

    /// The process dies and another takes over with an empty memory; the games keep what they were sent.
    mutating func restart(_ pacer: DeliveryPacer) {
        self.pacer = pacer
        flights = []
        for game in pacer.games.indices { self.pacer.setDemand(UInt8(game), true) }
    }

    private mutating func finishDue() {
        let due = flights.filter { $0.finishNs <= nowNs }.sorted { $0.finishNs < $1.finishNs }
        guard !due.isEmpty else { return }
        flights.removeAll { $0.finishNs <= nowNs }
        for flight in due { pacer.finished(flight.permit, flight.kind, nowNs: nowNs) }
    }

    private mutating func sendAll(readingNs: UInt64?) {
        while true {
            nowNs += 50
            switch pacer.next(nowNs: readingNs ?? nowNs) {
            case .start(let permit): send(permit)
            case .wait, .idle: return
            }
        }
    }

    private mutating func send(_ permit: Permit) {
        let game = Int(permit.game)
        starts[game] += 1
        var readNs = nowNs + bits.within(latencyNs) / 2
        for stall in stalls where stall.game == game && readNs >= stall.fromNs && readNs < stall.untilNs {
            readNs = stall.untilNs
        }
        arrivals[game].append(readNs)
        let answeredNs = readNs + bits.within(latencyNs) / 2
        if answeredNs > nowNs + timeoutNs {
            flights.append(Flight(permit: permit, finishNs: nowNs + timeoutNs, kind: .timedOut))
        } else if bits.oneIn(lossOneIn) {
            flights.append(Flight(permit: permit, finishNs: answeredNs, kind: .lost))
        } else if bits.oneIn(throttleOneIn) {
            let kind = FinishKind.throttled(retryAfterNs: 50 * msNs)
            flights.append(Flight(permit: permit, finishNs: answeredNs, kind: kind))
        } else {
            flights.append(Flight(permit: permit, finishNs: answeredNs, kind: .succeeded))
        }
    }
}
