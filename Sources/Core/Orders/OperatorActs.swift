import Catalog

/// What operators have set aside from the campaign's files while it runs: limits and pauses.
///
/// A fold of ``ControlRecord``s: the newest of each ``field(of:)`` holds, in whatever order they are taken
/// in, so that Kafka's log and Redis's hash always tell the same. Pure; the campaign's files fill what nobody
/// has set.
package struct OperatorActs: Sendable, Equatable {
    /// Entries at most: a limit and a gate for each game, and the total.
    package static let maxFields = CatalogLimits.games * 2 + 1

    /// Who did something, why, and when by the writer's clock (Unix milliseconds).
    package struct Act: Sendable, Equatable {
        package var by: String
        package var reason: String
        package var atMs: Int64

        package init(by: String, reason: String, atMs: Int64) {
            self.by = by
            self.reason = reason
            self.atMs = atMs
        }
    }

    /// A limit that is in force.
    package struct Limit: Sendable, Equatable {
        package var rate: RateLimit
        /// Requests in flight at most, below `rate.burst`; of the total: `rate.burst − 1`.
        package var maxConcurrency: Int
        /// Who set it; nil: it is the campaign's file's.
        package var act: Act?
    }

    /// What an operator has said last of a game's deliveries.
    package struct Gate: Sendable, Equatable {
        package var isPaused: Bool
        package var act: Act
    }

    /// By field.
    private var newest: [String: ControlRecord] = [:]

    package init() {}

    // MARK: - What holds

    /// A game's limit. Where the concurrency was not set, the file's holds, but below the burst.
    package func limit(of game: Game) -> Limit {
        guard
            case .limit(_, let perSecond, let burst, let set, let by, let reason, let at)? =
                newest["l:\(game.id)"]
        else { return Limit(rate: game.limit, maxConcurrency: game.maxConcurrency, act: nil) }
        return Limit(
            rate: RateLimit(perSecond: perSecond, burst: burst),
            maxConcurrency: min(set ?? game.maxConcurrency, burst - 1),
            act: Act(by: by, reason: reason, atMs: at))
    }

    /// The limit over all games together.
    package func total(of campaign: Campaign) -> Limit {
        guard case .limit(_, let perSecond, let burst, _, let by, let reason, let at)? = newest["l:"] else {
            let rate = campaign.totalLimit
            return Limit(rate: rate, maxConcurrency: rate.burst - 1, act: nil)
        }
        return Limit(
            rate: RateLimit(perSecond: perSecond, burst: burst), maxConcurrency: burst - 1,
            act: Act(by: by, reason: reason, atMs: at))
    }

    /// nil: nobody has ever paused or resumed the game.
    package func gate(of game: String) -> Gate? {
        guard case .gate(_, let isPaused, let by, let reason, let at)? = newest["g:\(game)"] else {
            return nil
        }
        return Gate(isPaused: isPaused, act: Act(by: by, reason: reason, atMs: at))
    }

    package func isPaused(_ game: String) -> Bool { gate(of: game)?.isPaused ?? false }

    // MARK: - The fold

    /// Takes a record in. Returns whether it holds now: it is a limit or a gate, and nothing newer was known.
    @discardableResult
    package mutating func take(_ record: ControlRecord) -> Bool {
        guard let field = Self.field(of: record) else { return false }
        if let known = newest[field] {
            guard known != record, record.isAfter(known) else { return known == record }
        } else if newest.count >= Self.maxFields {
            return false
        }
        newest[field] = record
        return true
    }

    /// Where a record stands in Redis's hash: `l:<game>` its limit, `l:` the total's, `g:<game>` its gate;
    /// nil: what is no limit and no gate.
    package static func field(of record: ControlRecord) -> String? {
        switch record {
        case .limit(let game, _, _, _, _, _, _): "l:\(game ?? "")"
        case .gate(let game, _, _, _, _): "g:\(game)"
        case .lane, .epoch, .resend, .stock, .approval, .settle, .redrive, .parked, .run: nil
        }
    }

    /// The newest records by their fields, sorted.
    package var entries: [(field: String, record: ControlRecord)] {
        newest.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package subscript(field: String) -> ControlRecord? { newest[field] }

    /// The time that a new record of a field must carry to hold: the clock's, or just after the newest known
    /// one's where that was written by a clock that goes ahead.
    package func nextAtMs(_ field: String, nowMs: Int64) -> Int64 {
        guard let known = newest[field] else { return nowMs }
        return max(nowMs, known.atMs + 1)
    }
}

extension ControlRecord {
    /// Which of two records of one field is the newer one: by time, then by its bytes, so that everybody who
    /// knows both agrees.
    package func isAfter(_ other: ControlRecord) -> Bool {
        if atMs != other.atMs { return atMs > other.atMs }
        return other.encode().lexicographicallyPrecedes(encode())
    }
}
