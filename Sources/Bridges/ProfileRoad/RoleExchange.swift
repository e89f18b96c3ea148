import Catalog
import Profiles
import Synchronization

/// What became of a question that a road wanted answered.
struct RoleResult: Sendable {
    enum Outcome: Sendable {
        /// nil = not registered.
        case answered(GameProfile?)
        /// No answer, or a status that says nothing about the person.
        case failed
        /// Answered with something that must not be believed.
        case malformed
        /// Not put after all: its service is left alone.
        case refused
    }

    let call: RoleCall
    let outcome: Outcome
    /// True for one of the roads that wanted it: the one that asked first.
    let isOwner: Bool
}

/// Where the roads of a process meet over their questions to role services: a person's question about a
/// game is under way once in the process, and whatever is limited is limited for the process (`RoleDesk`).
///
/// `Sendable`: one lock around the desk, held for a few look-ups at a time and only on the way to a role
/// service, which takes a thousand times as long; never while anybody is called.
package final class RoleExchange: Sendable {
    private struct State {
        var desk: RoleDesk
        var games: [Game]
        var calls: [UInt64: RoleCall] = [:]
        var nextToken: UInt64 = 0
        var roads: [@Sendable ([RoleResult]) -> Void] = []
    }

    private let state: Mutex<State>
    private let options: ProfileRoadOptions
    private let carry: @Sendable ([RoleQuestion]) -> Void

    /// - Parameters:
    ///   - options: those of role services count.
    ///   - carry: takes questions to the services, on the thread of whoever calls; each must come back once
    ///     through `replied`, whatever becomes of it.
    package init(options: ProfileRoadOptions, carry: @escaping @Sendable ([RoleQuestion]) -> Void) {
        self.options = options
        self.carry = carry
        state = Mutex(State(desk: RoleDesk(games: 0, options: options), games: []))
    }

    /// Questions under way, and those that wait for their turn; from any thread.
    package var load: (inFlight: Int, waiting: Int) {
        state.withLock { ($0.desk.inFlight, $0.desk.waiting) }
    }

    // MARK: - Roads

    /// - Parameter deliver: gets what became of the road's questions, on any thread.
    /// - Returns: the road's number.
    func attach(_ catalog: Catalog, deliver: @escaping @Sendable ([RoleResult]) -> Void) -> Int {
        adopt(catalog)
        return state.withLock { state in
            state.roads.append(deliver)
            return state.roads.count - 1
        }
    }

    /// Questions put from now on are asked and understood by this catalog.
    func adopt(_ catalog: Catalog) {
        state.withLock { state in
            state.games = catalog.games
            state.desk.grow(games: catalog.games.count)
        }
    }

    /// Takes a road's questions about a person; `pump` puts them.
    ///
    /// - Parameters:
    ///   - games: bit g = game slot g.
    ///   - again: those of `games` that are asked although there is an answer.
    func want(
        _ user: UInt64, games: UInt64, again: UInt64, road: Int, nowNs: UInt64
    ) -> [(game: UInt8, ticket: RoleDesk.Ticket)] {
        state.withLock { state in
            Games(games).map { game in
                let isAgain = again & (1 << UInt64(game)) != 0
                let call = RoleCall(user: user, game: game)
                return (game, state.desk.want(call, road: road, again: isAgain, nowNs: nowNs))
            }
        }
    }

    /// A road no longer wants a person's answers.
    ///
    /// - Returns: those of the games that it will hear no more of; the others are under way.
    func leave(_ user: UInt64, games: UInt64, road: Int) -> UInt64 {
        state.withLock { state in
            Games(games).reduce(0) { left, game in
                let isLeft = state.desk.leave(RoleCall(user: user, game: game), road: road)
                return isLeft ? left | 1 << UInt64(game) : left
            }
        }
    }

    /// Puts as many questions as may be put.
    func pump() {
        let questions = state.withLock { draw(&$0) }
        if !questions.isEmpty { carry(questions) }
    }

    private func draw(_ state: inout State) -> [RoleQuestion] {
        var questions: [RoleQuestion] = []
        while let call = state.desk.next() {
            state.nextToken += 1
            state.calls[state.nextToken] = call
            questions.append(
                RoleQuestion(
                    token: state.nextToken, url: state.games[Int(call.game)].roleURL(user: call.user),
                    timeoutMs: options.roleTimeoutMs, connectTimeoutMs: options.roleConnectTimeoutMs))
        }
        return questions
    }

    // MARK: - Replies

    /// Takes the replies to questions, in any order; from any thread.
    package func replied(_ replies: [RoleReply], nowNs: UInt64) {
        let asked = state.withLock { state in
            replies.compactMap { reply -> (RoleReply, RoleCall, Game)? in
                guard let call = state.calls.removeValue(forKey: reply.token) else { return nil }
                return (reply, call, state.games[Int(call.game)])
            }
        }
        let outcomes = asked.map { ($1, Self.outcome($0, of: $2)) }
        let (deliveries, questions) = state.withLock { state in
            var results: [Int: [RoleResult]] = [:]
            for (call, outcome) in outcomes {
                let landing: RoleDesk.Landing
                switch outcome {
                case .answered(let answer): landing = state.desk.answered(call, answer, nowNs: nowNs)
                default: landing = state.desk.failed(call, nowNs: nowNs)
                }
                Self.sort(landing.parties, outcome, into: &results)
                Self.sort(landing.refused, .refused, into: &results)
            }
            let roads = state.roads
            return (results.map { (roads[$0], $1) }, draw(&state))
        }
        if !questions.isEmpty { carry(questions) }
        for (deliver, results) in deliveries { deliver(results) }
    }

    private static func sort(
        _ parties: [RoleDesk.Landing.Party], _ outcome: RoleResult.Outcome,
        into results: inout [Int: [RoleResult]]
    ) {
        for party in parties {
            for (place, road) in party.roads.enumerated() {
                results[road, default: []].append(
                    RoleResult(call: party.call, outcome: outcome, isOwner: place == 0))
            }
        }
    }

    private static func outcome(_ reply: RoleReply, of game: Game) -> RoleResult.Outcome {
        guard case .answered(200, let body) = reply.result else { return .failed }
        // nil is an answer too (not registered), so that `try?` will not do here.
        do {
            return .answered(try RoleAnswer.parse(body, game: game))
        } catch {
            return .malformed
        }
    }
}
