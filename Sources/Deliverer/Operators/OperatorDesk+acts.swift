import Catalog
import Logging
import NIOCore
import Operators
import OrderStore
import Orders
import Redis
import Telemetry

/// What operators do. Any thread.
extension OperatorDesk {
    /// Sets a game's limit, or (nil) the total's.
    func setLimit(
        _ request: LimitRequest, game id: String?, operator name: String
    ) async throws(OperatorProblem) -> LimitsDocument {
        try await act { acts, catalog, nowMs throws(OperatorProblem) in
            let game: Game?
            if let id { game = try Self.game(id, catalog) } else { game = nil }
            try request.check(game: game, total: acts.total(of: catalog.campaign))
            return .limit(
                game: id, perSecond: request.perSecond, burst: request.burst,
                maxConcurrency: request.maxConcurrency, by: name, reason: request.reason,
                atMs: acts.nextAtMs("l:\(id ?? "")", nowMs: nowMs))
        }
    }

    /// Pauses a game's deliveries, or resumes them. Said again it is written down again, with its reason.
    func setGate(
        game id: String, isPaused: Bool, operator name: String, reason: String
    ) async throws(OperatorProblem) -> LimitsDocument {
        try await act { acts, catalog, nowMs throws(OperatorProblem) in
            _ = try Self.game(id, catalog)
            return .gate(
                game: id, isPaused: isPaused, by: name, reason: reason,
                atMs: acts.nextAtMs("g:\(id)", nowMs: nowMs))
        }
    }

    /// Everything that is in force, as this process knows it.
    func limits() async throws(OperatorProblem) -> LimitsDocument {
        try await onLoop { desk in LimitsDocument(desk.acts, desk.catalog) }
    }

    private static func game(_ id: String, _ catalog: Catalog) throws(OperatorProblem) -> Game {
        guard let game = catalog.game(id: id) else { throw .noSuchGame(id) }
        return game
    }

    /// Redis's copy → the act, checked against it → Kafka → Redis → in force.
    private func act(
        _ make: (OperatorActs, Catalog, Int64) throws(OperatorProblem) -> ControlRecord
    ) async throws(OperatorProblem) -> LimitsDocument {
        let copy = try await asking { store, then in store.readControl(then: then) }
        let (known, catalog) = try await onLoop { desk in
            desk.adopt(copy)
            return (desk.acts, desk.catalog)
        }
        let record = try make(known, catalog, SystemClock.nowMs)
        try await journal.append(record, key: OperatorActs.field(of: record) ?? "control")
        let write: ControlWrite
        do throws(OperatorProblem) {
            write = try await asking { store, then in store.writeControl(record, then: then) }
        } catch {
            try await onLoop { desk in desk.remember(record) }
            throw .written(error.detail ?? "")
        }
        switch write {
        case .overtaken: throw .overtaken
        case .holds(let version):
            logger.notice(
                "operator's act", metadata: ["act": "\(String(decoding: record.encode(), as: UTF8.self))"])
            return try await onLoop { desk in
                desk.holds(record, version: version)
                return LimitsDocument(desk.acts, desk.catalog)
            }
        }
    }

    private func asking<Value: Sendable>(
        _ body: @escaping @Sendable (OrderStore, @escaping OrderStore.Answer<Value>) -> Void
    ) async throws(OperatorProblem) -> Value {
        do throws(RedisFailure) {
            return try await store.awaiting(body)
        } catch {
            throw .storeAway(error.message)
        }
    }

    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (OperatorDesk) -> Value
    ) async throws(OperatorProblem) -> Value {
        await withCheckedContinuation { then in
            loop.execute { [self] in then.resume(returning: body(self)) }
        }
    }
}

/// What the desk refuses acts with, beside what every operator's act may be refused with.
extension OperatorProblem {
    static func noSuchGame(_ id: String) -> OperatorProblem {
        OperatorProblem(
            status: 404, slug: "no-such-game", title: "There is no such game", detail: id, field: "game")
    }

    static func overTotal(_ perSecond: Double, total: Double) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "over-total", title: "A game's limit is within the total limit",
            detail: "\(perSecond) a second is above the total limit in force, \(total)", field: "perSecond")
    }

    /// Somebody else's act on the same field came in between: it holds, this one does not.
    static let overtaken = OperatorProblem(
        status: 409, slug: "overtaken", title: "Another act came at the same moment",
        detail: "that one is in force; look at what it says, and say yours again if it still stands")

    /// It is in Kafka, and will be in force when Redis has it.
    static func written(_ why: String) -> OperatorProblem {
        busy("written down, and in force as soon as Redis has it; \(why)")
    }
}
