import Wire

/// What goes wrong in a simulated world. All of it ends, so that every world drains.
struct SimulatedPlan {
    /// What a game does with what it reads.
    enum Mood: Sendable, CaseIterable {
        /// Reads nothing; at the end it reads all that lies in its sockets.
        case hung
        /// 500, now and then after granting.
        case erring
        /// 429 with Retry-After.
        case throttling
        /// Grants and then drops the connection.
        case dropping
        /// Grants, and answers byte by byte for longer than anybody waits.
        case dripping
        /// Refuses connections.
        case down
    }

    struct Spell {
        var game: UInt8
        var mood: Mood
        var fromMs: Double
        var untilMs: Double
    }

    /// Whether the limits are the narrow ones.
    var isNarrow = false
    /// False where nobody can have sent anything before.
    var inheritsGhosts = true
    var deliverers = 1
    /// Orders of each game.
    var orders = 8
    var deadlineMs: Int64 = 48 * 3_600_000
    /// One order in so many has a deadline of a few seconds.
    var hurriedOneIn: UInt64 = .max
    var resendOneIn: UInt64 = .max
    /// Chances a request.
    var errors = 0.0
    var drops = 0.0
    var drips = 0.0
    /// Chance an order.
    var refusals = 0.0
    /// Chances a call: done and not told, told to have failed and done later, refused.
    var redisLost = 0.0
    var redisLate = 0.0
    var redisRefused = 0.0
    /// Written and not told, or not written.
    var kafkaLost = 0.0
    /// Chances a call to the board: its answer is lost, it is applied late, refused, applied again later.
    var boardLost = 0.0
    var boardLate = 0.0
    var boardRefused = 0.0
    var boardRepeated = 0.0
    /// The board goes back to what it was a while before, or to nothing.
    var rollbacks: [(atMs: Double, isEmptied: Bool)] = []
    var spells: [Spell] = []
    /// Deliverer and when, for a new process a while after.
    var crashes: [(deliverer: Int, atMs: Double, restartMs: Double)] = []
    var freezes: [(deliverer: Int, atMs: Double, forMs: Double)] = []
    /// Leaves the group and keeps running; or comes late.
    /// The group and a deliverer do not hear of each other; all else goes on.
    var cuts: [(deliverer: Int, atMs: Double, forMs: Double)] = []
    var leaves: [(deliverer: Int, atMs: Double)] = []
    var joins: [(deliverer: Int, atMs: Double)] = []

    init() {}

    /// Everything at once, by the seed.
    init(seed: UInt64) {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 77)
        func within(_ range: ClosedRange<Double>) -> Double {
            range.lowerBound + Double(random.next() >> 11) / Double(1 << 53)
                * (range.upperBound - range.lowerBound)
        }
        func oneIn(_ n: UInt64) -> Bool { random.next() % n == 0 }
        deliverers = 1 + Int(random.next() % 3)
        isNarrow = true
        orders = 6 + Int(random.next() % 10)
        hurriedOneIn = oneIn(2) ? 6 : .max
        resendOneIn = oneIn(2) ? 5 : .max
        errors = oneIn(2) ? 0.08 : 0
        drops = oneIn(2) ? 0.08 : 0
        drips = oneIn(2) ? 0.05 : 0
        refusals = oneIn(3) ? 0.05 : 0
        redisLost = oneIn(2) ? 0.04 : 0
        redisLate = oneIn(2) ? 0.03 : 0
        redisRefused = oneIn(2) ? 0.03 : 0
        kafkaLost = oneIn(2) ? 0.05 : 0
        boardLost = oneIn(2) ? 0.1 : 0
        boardLate = oneIn(2) ? 0.08 : 0
        boardRefused = oneIn(3) ? 0.1 : 0
        boardRepeated = oneIn(3) ? 0.1 : 0
        if oneIn(3) { rollbacks.append((within(1_000...8_000), oneIn(2))) }
        for game in 0..<4 where oneIn(2) {
            let fromMs = within(1_500...6_000)
            spells.append(
                Spell(
                    game: UInt8(game), mood: Mood.allCases[Int(random.next() % 6)], fromMs: fromMs,
                    untilMs: fromMs + within(200...(oneIn(3) ? 15_000 : 3_000))))
        }
        for deliverer in 0..<deliverers {
            switch random.next() % 8 {
            case 0, 1:
                crashes.append((deliverer, within(1_500...7_000), within(200...8_000)))
            case 2, 3:
                freezes.append((deliverer, within(1_500...7_000), within(500...14_000)))
            case 4 where deliverer > 0: joins.append((deliverer, within(500...6_000)))
            case 5 where deliverer > 0: leaves.append((deliverer, within(1_500...7_000)))
            case 6: cuts.append((deliverer, within(1_500...7_000), within(500...12_000)))
            default: break
            }
        }
    }

    func mood(_ game: UInt8, atMs: Double) -> Mood? {
        spells.first { $0.game == game && $0.fromMs <= atMs && atMs < $0.untilMs }?.mood
    }

    /// When a game reads what reaches it at that moment.
    func readMs(_ game: UInt8, atMs: Double, spread: Double) -> Double {
        for spell in spells where spell.game == game && spell.mood == .hung {
            if spell.fromMs <= atMs, atMs < spell.untilMs { return spell.untilMs + spread }
        }
        return atMs
    }
}
