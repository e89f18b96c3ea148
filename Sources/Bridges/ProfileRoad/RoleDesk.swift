import NIOCore

/// Decides which questions to role services are put, and when: a queue a game, caps over all and for each,
/// turns between the games, holds, and the services' health. Pure; times are monotonic nanoseconds.
///
/// That a person's question about a game is not put twice at once is the caller's to see to.
struct RoleDesk {
    enum Ticket: Equatable {
        case queued
        /// It failed a moment ago, its service is left alone, or its queue is full.
        case refused
        /// It was answered a moment ago: only for a question that is put anew, see `want`.
        case fresh
    }

    enum Turn: Equatable {
        /// Put the question.
        case put(RoleCall)
        /// Nobody wants it any more.
        case dropped(RoleCall)
    }

    private struct GameDesk {
        var waiting: CircularBuffer<UInt64> = []
        var inFlight = 0
        var health = RoleHealth()
    }

    private let options: ProfileRoadOptions
    private var games: [GameDesk]
    private var holds: RoleHolds
    private var cursor = 0
    private(set) var inFlight = 0

    init(games: Int, options: ProfileRoadOptions) {
        self.options = options
        self.games = Array(repeating: GameDesk(), count: games)
        holds = RoleHolds(lengthNs: UInt64(options.holdMs) * 1_000_000)
    }

    var waiting: Int { games.reduce(0) { $0 + $1.waiting.count } }

    /// Takes a question into its queue.
    ///
    /// - Parameter again: true = asked although there is an answer (a refresh); then an answer of a moment
    ///   ago stands.
    mutating func want(_ call: RoleCall, again: Bool, nowNs: UInt64) -> Ticket {
        switch holds.ending(of: call, nowNs: nowNs) {
        case .failed: return .refused
        case .answered where again: return .fresh
        default: break
        }
        let game = Int(call.game)
        guard games[game].waiting.count < options.maxQueuedAGame,
            games[game].health.admit(nowNs: nowNs, failuresToPause: options.failuresToPause)
        else { return .refused }
        games[game].waiting.append(call.user)
        return .queued
    }

    /// The next question to put or to drop; nil = all that may be in flight is, or nothing waits.
    mutating func next(isWanted: (RoleCall) -> Bool) -> Turn? {
        guard inFlight < options.maxCalls else { return nil }
        for step in 0..<games.count {
            let game = (cursor + step) % games.count
            guard games[game].inFlight < options.maxCallsAGame, let user = games[game].waiting.popFirst()
            else { continue }
            let call = RoleCall(user: user, game: UInt8(game))
            guard isWanted(call) else {
                games[game].health.withdrawn()
                return .dropped(call)
            }
            cursor = (game + 1) % games.count
            games[game].inFlight += 1
            inFlight += 1
            return .put(call)
        }
        return nil
    }

    mutating func answered(_ call: RoleCall, nowNs: UInt64) {
        land(call)
        games[Int(call.game)].health.answered()
        holds.hold(call, .answered, nowNs: nowNs)
    }

    mutating func failed(_ call: RoleCall, nowNs: UInt64) {
        land(call)
        games[Int(call.game)].health.failed(
            nowNs: nowNs, failuresToPause: options.failuresToPause,
            pauseNs: UInt64(options.pauseMs) * 1_000_000)
        holds.hold(call, .failed, nowNs: nowNs)
    }

    private mutating func land(_ call: RoleCall) {
        precondition(games[Int(call.game)].inFlight > 0, "an answer to no question")
        games[Int(call.game)].inFlight -= 1
        inFlight -= 1
    }
}
