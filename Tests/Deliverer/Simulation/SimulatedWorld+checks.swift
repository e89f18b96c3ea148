import Catalog
import Orders
import Pacing

/// What must never happen, looked for at the step at which it would.
extension SimulatedWorld {
    mutating func violate(_ what: String) {
        violations.append("\(what), \(Int(sinceMs)) ms after the start")
    }

    /// Promises 3 and 4, at every change of a state.
    func stateFault(_ number: Int) -> String? {
        let entry = orders[number]
        switch entry.state {
        case .delivered:
            if entry.grants != 1 { return "promise 4: order \(number) is delivered, granted \(entry.grants)" }
            if !entry.outcomes.contains(where: { $0 == .granted || $0 == .alreadyGranted }) {
                return "promise 9: order \(number) is delivered before Kafka knows"
            }
        case .rejected:
            if entry.grants != 0 { return "promise 4: order \(number) is rejected, and was granted" }
            if !entry.outcomes.contains(.rejected) {
                return "promise 9: order \(number) is rejected before Kafka knows"
            }
        case .expired, .voided:
            if entry.grants != 0 { return "promise 3: order \(number) is \(entry.state), and was granted" }
        case .parked:
            let game = catalog.games[Int(entry.game)]
            // A game that is sent again under the same ID is parked at only when its deadline has passed.
            if game.queryEndpoint != nil { return "promise 3: order \(number) is parked and could be asked" }
        default: break
        }
        return nil
    }

    mutating func checkState(_ number: Int, _ before: OrderState) {
        if let fault = stateFault(number) { violate(fault + ", from \(before)") }
        // Each order in exactly one class, and the classes add up.
        if ledger.reduce(0, +) != orders.count { violate("promise 3: the ledger does not add up") }
    }

    /// Promise 4: a game that grants again on a repeat is sent nothing while an earlier end is open.
    mutating func checkSend(_ number: Int) {
        let game = catalog.games[Int(orders[number].game)]
        if !game.idempotent, orders[number].isOpenQuestion {
            violate("promise 4: order \(number) is sent again blindly")
        }
    }

    mutating func checkGrant(_ number: Int) {
        let entry = orders[number]
        if entry.grants > 1 { violate("promise 4: order \(number) is granted twice") }
        if entry.state.isClosed, entry.state != .delivered {
            violate("promise 3: order \(number) is granted after it was \(entry.state)")
        }
    }

    /// Promise 6, at the receiver: a game reads a request.
    mutating func count(_ game: UInt8, isHeldUp: Bool) {
        let (one, all) = (catalog.games[Int(game)].limit, catalog.campaign.totalLimit)
        for (window, limit) in [(Int(game), one), (windows.count - 1, all)] {
            let count = windows[window].read(atNs: nowNs, isHeldUp: isHeldUp)
            if Double(count.second) > limit.perSecond + Double(limit.burst) {
                violate("promise 6: \(count.second) in one second at \(window)")
            }
            if Double(count.tenth) > limit.perSecond * 0.1 + Double(limit.burst) {
                violate("promise 6: \(count.tenth) in a tenth of a second at \(window)")
            }
        }
    }

    /// What must be true at the end.
    mutating func checkEnds() {
        for (number, entry) in orders.enumerated() {
            if let fault = stateFault(number) { violate(fault) }
            guard entry.state.isClosed || entry.state == .parked else {
                violate("promise 3: order \(number) stands in \(entry.state)")
                continue
            }
            if entry.state == .parked, !entry.outcomes.contains(.parked) {
                violate("promise 9: order \(number) is parked and Kafka does not know")
            }
            if entry.state == .expired || entry.state == .rejected, entry.deadLetters == 0 {
                violate("order \(number) is \(entry.state) and has no dead letter")
            }
        }
    }
}
