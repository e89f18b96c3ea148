import Orders

/// What a game itself says it has granted: the third side beside what is due and what was sent.
struct GameStatement: Equatable, Sendable {
    /// The file that said so.
    var file: String
    /// Grants after this moment are not in it, Unix milliseconds.
    var madeAtMs: Int64
    /// How its lines are written, where the orders that it names are yet to be read; nil: they stand here.
    var format: StatementFormat?
    /// How often it names each order.
    var granted: [OrderID: Int] = [:]
    /// Distinct orders that it names, also where those are kept elsewhere.
    var orders = 0
    /// Lines that named an order.
    var lines = 0
    /// Lines that named none and are not empty.
    var malformed = 0
    /// The first of them.
    var examples: [Finding] = []
}

/// An order that its game granted more than once, by its own statement.
struct DoubledOrder: Equatable, Sendable {
    let id: OrderID
    /// The game whose statement it is.
    let game: UInt8
    let times: Int
    /// Where it stands here; nil: it was never due.
    let place: OrderClass?
}

extension Reconciliation {
    /// Compares what the games say with the verdict so far.
    ///
    /// What is in flight at a living owner may have been granted a moment ago; what was delivered after a
    /// statement was made cannot be in it. Neither is a conflict.
    ///
    /// - Parameter places: the class of an order that is due.
    func compare(into verdict: inout Verdict, places: (OrderID) -> OrderClass?) {
        for (game, statement) in statements.sorted(by: { $0.key < $1.key }) {
            for (id, times) in statement.granted {
                let place = places(id)
                if times > 1 {
                    verdict.doubled.append(DoubledOrder(id: id, game: game, times: times, place: place))
                }
                guard let place, let known = facts[id] else {
                    if facts[id]?.outcome == nil {
                        verdict.unexpected.append(
                            .init(id: id, game: game, outcome: nil, source: .statement))
                    }
                    continue
                }
                let theirs = Conflict.Word(source: .statement, says: "granted, \(statement.file)")
                if known.order != nil, known.game != game {
                    let ours = Conflict.Word(
                        source: known.isClaimed ? .claims : .records, says: "of game \(known.game)")
                    verdict.conflicts.append(
                        Conflict(id: id, game: game, kind: .grantedElsewhere, words: [ours, theirs]))
                } else if place != .delivered, place != .inFlight {
                    verdict.conflicts.append(
                        Conflict(
                            id: id, game: game, kind: .grantedThere, words: [known.word(place), theirs]))
                }
            }
        }
        facts.each { id, known in
            guard known.order != nil, let statement = statements[known.game], statement.granted[id] == nil,
                places(id) == .delivered, known.latestGrantMs <= statement.madeAtMs
            else { return }
            let theirs = Conflict.Word(source: .statement, says: "nothing, \(statement.file)")
            verdict.conflicts.append(
                Conflict(
                    id: id, game: known.game, kind: .notGrantedThere, words: [known.word(.delivered), theirs])
            )
        }
    }
}

extension OrderFacts {
    /// What this side says of it, by the source that says it best.
    fileprivate func word(_ place: OrderClass) -> Conflict.Word {
        if let outcome = isGranted ? Outcome.granted : outcome {
            return Conflict.Word(
                source: .outcomes, says: "\(outcome.rawValue) by attempt \(attempt), \(place.rawValue)")
        }
        return state == .none
            ? Conflict.Word(source: isClaimed ? .claims : .records, says: place.rawValue)
            : Conflict.Word(source: .states, says: "\(state.name), \(place.rawValue)")
    }

    /// When it was granted, or, where nobody says, the time of its claim: it cannot have been earlier.
    fileprivate var latestGrantMs: Int64 { isGranted ? outcomeAtMs : order?.claimedAtMs ?? 0 }
}
