import Orders

/// Several instances' reports as one: what they share is taken once, what each has is added up.
struct StatusSum: Sendable {
    private(set) var instances = 0
    private(set) var partitions = 0
    private(set) var totalLimit = 0.0
    private(set) var games: [GameStatus] = []
    /// Why instances deliver nothing, by owner.
    private(set) var silent: [(owner: String, why: String)] = []

    init(_ reports: [DelivererStatusReport]) {
        for report in reports {
            instances += 1
            partitions += report.partitions
            // An instance that has not heard of a change yet tells of the higher one for a moment.
            totalLimit = instances == 1 ? report.totalLimit : min(totalLimit, report.totalLimit)
            if !report.isOpen { silent.append((report.owner, report.why)) }
            for game in report.games {
                if let at = games.firstIndex(where: { $0.game == game.game }) {
                    games[at].add(game)
                } else {
                    games.append(game)
                }
            }
        }
    }

    var used: Double { games.reduce(0) { $0 + $1.used } }
    var backlog: Int { games.reduce(0) { $0 + $1.backlog } }
}

extension GameStatus {
    /// Takes in what another instance tells of the same game.
    mutating func add(_ other: GameStatus) {
        limit = min(limit, other.limit)
        burst = min(burst, other.burst)
        share += other.share
        used += other.used
        unread = Self.sum(unread, other.unread)
        shelved = Self.sum(shelved, other.shelved)
        oldestAgeMs = [oldestAgeMs, other.oldestAgeMs].compactMap { $0 }.max()
        ready += other.ready
        inFlight += other.inFlight
        retrying += other.retrying
        writing += other.writing
        ghosts += other.ghosts
        if other.breaker.level > breaker.level { breaker = other.breaker }
        concurrency += other.concurrency
        maxConcurrency = max(maxConcurrency, other.maxConcurrency)
        holdMs = [holdMs, other.holdMs].compactMap { $0 }.max()
        isPaused = isPaused || other.isPaused
        if (other.gate?.atMs ?? -1) > (gate?.atMs ?? -1) { gate = other.gate }
        counts.add(other.counts)
        p50Ms = max(p50Ms, other.p50Ms)
        p99Ms = max(p99Ms, other.p99Ms)
        errors = Array((errors + other.errors).sorted { $0.atMs > $1.atMs }.prefix(DeliveryErrors.most))
    }

    private static func sum(_ one: Int?, _ other: Int?) -> Int? {
        guard let one else { return other }
        return one + (other ?? 0)
    }
}

extension GameStatus.Counts {
    fileprivate mutating func add(_ other: Self) {
        attempts += other.attempts
        repeats += other.repeats
        delivered += other.delivered
        rejected += other.rejected
        expired += other.expired
        voided += other.voided
        parked += other.parked
        unknown += other.unknown
        asked += other.asked
    }
}
