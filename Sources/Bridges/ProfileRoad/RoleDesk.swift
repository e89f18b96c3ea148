import NIOCore
import Profiles

/// Decides for a whole process which questions to role services are put, and when: one at a time for a person
/// and a game, whichever roads want it; a queue a game, caps over all and for each, turns between the games,
/// holds, and the services' health. Pure; times are monotonic nanoseconds.
///
/// Half of the cap over all is shared out among the games, so that each always has its part however many of
/// the others hang (promise 7); the other half goes to whoever needs it.
struct RoleDesk: Sendable {
    enum Ticket: Equatable, Sendable {
        case queued
        /// It is queued or put already.
        case joined
        /// It failed a moment ago, its queue is full, or its service is left alone: then until about
        /// `closedUntilNs`, for everybody; otherwise 0.
        case refused(closedUntilNs: UInt64)
        /// It was answered a moment ago, so: only for a question that is put anew, see `want`.
        case fresh(GameProfile?, atNs: UInt64)
    }

    /// What ended with a question.
    struct Landing: Equatable, Sendable {
        struct Party: Equatable, Sendable {
            let call: RoleCall
            /// Those who want it, the one who asked first before the others.
            let roads: [Int]
        }
        var parties: [Party] = []
        /// Questions of the game that are not put after all, because its service is left alone from now on.
        var refused: [Party] = []
    }

    private struct Flight {
        /// Never empty.
        var roads: [Int]
        var isPut = false
    }

    private struct GameDesk {
        /// In order; some may have been left since.
        var queue: CircularBuffer<UInt64> = []
        /// Those of the queue that are still wanted.
        var waiting = 0
        var inFlight = 0
        var health: PeerHealth
    }

    private let options: ProfileRoadOptions
    private var games: [GameDesk] = []
    private var flights: [RoleCall: Flight] = [:]
    private var holds: RoleHolds
    private var cursor = 0
    private(set) var inFlight = 0

    init(games: Int, options: ProfileRoadOptions) {
        self.options = options
        holds = RoleHolds(lengthNs: UInt64(options.holdMs) * 1_000_000)
        grow(games: games)
    }

    /// There are at least so many games from now on.
    mutating func grow(games count: Int) {
        while games.count < count {
            games.append(
                GameDesk(
                    health: PeerHealth(failuresToPause: options.failuresToPause, pauseMs: options.pauseMs)))
        }
    }

    var waiting: Int { games.reduce(0) { $0 + $1.waiting } }

    // MARK: - Wanting

    /// Takes a road's question into its queue.
    ///
    /// - Parameter again: true = asked although there is an answer (a refresh); then an answer of a moment
    ///   ago, to whomever it was given, stands.
    mutating func want(_ call: RoleCall, road: Int, again: Bool, nowNs: UInt64) -> Ticket {
        if flights[call] != nil {
            if flights[call]?.roads.contains(road) == false { flights[call]?.roads.append(road) }
            return .joined
        }
        if let hold = holds.hold(of: call, nowNs: nowNs) {
            switch hold.ending {
            case .failed: return .refused(closedUntilNs: 0)
            case .answered(let answer): if again { return .fresh(answer, atNs: hold.atNs) }
            }
        }
        let game = Int(call.game)
        guard games[game].waiting < options.maxQueuedAGame else { return .refused(closedUntilNs: 0) }
        // One question at a time means that those from before the trouble have ended, too.
        let isAlone = !games[game].health.isLeftAlone || games[game].inFlight == 0
        guard isAlone, games[game].health.admit(call.user, nowNs: nowNs) else {
            return .refused(closedUntilNs: games[game].health.closedUntil(nowNs: nowNs))
        }
        flights[call] = Flight(roads: [road])
        compact(game)
        games[game].queue.append(call.user)
        games[game].waiting += 1
        return .queued
    }

    /// A road wants it no longer.
    ///
    /// - Returns: true = it will hear no more of it; false = it is under way, and its end will be told.
    mutating func leave(_ call: RoleCall, road: Int) -> Bool {
        guard let flight = flights[call], !flight.isPut, flight.roads.contains(road) else { return false }
        if flight.roads.count > 1 {
            flights[call]?.roads.removeAll { $0 == road }
        } else {
            flights[call] = nil
            games[Int(call.game)].waiting -= 1
            games[Int(call.game)].health.withdrawn(call.user)
        }
        return true
    }

    /// Drops those left from a queue once they are most of it.
    private mutating func compact(_ game: Int) {
        guard games[game].queue.count >= 2 * max(16, games[game].waiting) else { return }
        let live = games[game].queue.filter { user in
            flights[RoleCall(user: user, game: UInt8(game))].map { !$0.isPut } ?? false
        }
        games[game].queue = CircularBuffer(live)
    }

    // MARK: - Putting

    /// The next question to put; nil = all that may be in flight is, or nothing waits.
    mutating func next() -> RoleCall? {
        let share = options.maxCalls / (2 * max(1, games.count))
        var free = options.maxCalls - share * games.count
        for game in games { free -= max(0, game.inFlight - share) }
        for step in 0..<games.count {
            let game = (cursor + step) % games.count
            let mayStart = games[game].inFlight < share || free > 0
            let most = min(options.maxCallsAGame, games[game].health.ramp)
            guard mayStart, games[game].inFlight < most, let call = popFirst(game) else { continue }
            cursor = (game + 1) % games.count
            games[game].inFlight += 1
            inFlight += 1
            return call
        }
        return nil
    }

    private mutating func popFirst(_ game: Int) -> RoleCall? {
        while let user = games[game].queue.popFirst() {
            let call = RoleCall(user: user, game: UInt8(game))
            // Left since, or put from an earlier place in the queue.
            guard flights[call]?.isPut == false else { continue }
            flights[call]?.isPut = true
            games[game].waiting -= 1
            return call
        }
        return nil
    }

    // MARK: - Landing

    mutating func answered(_ call: RoleCall, _ answer: GameProfile?, nowNs: UInt64) -> Landing {
        let landing = Landing(parties: [land(call)])
        games[Int(call.game)].health.answered()
        holds.hold(call, .answered(answer), nowNs: nowNs)
        return landing
    }

    mutating func failed(_ call: RoleCall, nowNs: UInt64) -> Landing {
        var landing = Landing(parties: [land(call)])
        holds.hold(call, .failed, nowNs: nowNs)
        let game = Int(call.game)
        guard games[game].health.failed(call.user, nowNs: nowNs) else { return landing }
        for user in games[game].queue {
            let call = RoleCall(user: user, game: call.game)
            guard let flight = flights[call], !flight.isPut else { continue }
            flights[call] = nil
            games[game].health.withdrawn(user)
            landing.refused.append(.init(call: call, roads: flight.roads))
        }
        games[game].queue.removeAll(keepingCapacity: true)
        games[game].waiting = 0
        return landing
    }

    private mutating func land(_ call: RoleCall) -> Landing.Party {
        guard let flight = flights.removeValue(forKey: call), flight.isPut else {
            preconditionFailure("an answer to no question")
        }
        games[Int(call.game)].inFlight -= 1
        inFlight -= 1
        return .init(call: call, roads: flight.roads)
    }
}
