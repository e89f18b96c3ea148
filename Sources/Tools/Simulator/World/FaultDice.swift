import Orders
import Wire

/// Decides which request meets which fault: a seeded sequence, so that a run can be told again.
struct FaultDice: Sendable {
    enum Throw: Equatable, Sendable {
        /// Nothing goes wrong.
        case fair
        case throttled
        case error(status: Int)
        /// The answer is lost after the deed.
        case dropped
        /// Answered 500 after the deed.
        case errorAfter
        /// Answered after the deed, a byte a second.
        case dripped
    }

    private let seed: UInt64
    private var random: SplitMix64

    init(seed: UInt64, game: UInt8) {
        self.seed = splitMix64(seed ^ UInt64(game) << 32)
        random = SplitMix64(seed: self.seed)
    }

    /// Every throw takes the same number of random words, so that changing one ratio leaves the others' fate.
    mutating func roll(_ faults: GameFaults) -> (throw: Throw, latencyMs: Int64) {
        let points = (0..<5).map { _ in Double(random.next() >> 11) / Double(1 << 53) }
        let status = [500, 502, 503][Int(random.next() % 3)]
        let latencyMs = Int64.random(in: faults.latencyMs, using: &random)
        if points[0] < faults.throttleRatio { return (.throttled, latencyMs) }
        if points[1] < faults.errorRatio { return (.error(status: status), latencyMs) }
        if points[2] < faults.dropRatio { return (.dropped, latencyMs) }
        if points[3] < faults.grantErrorRatio { return (.errorAfter, latencyMs) }
        if points[4] < faults.dripRatio { return (.dripped, latencyMs) }
        return (.fair, latencyMs)
    }

    /// Whether the game refuses this order: the same answer however often it is asked.
    func rejects(_ order: OrderID, _ faults: GameFaults) -> Bool {
        let point = Double(splitMix64(seed ^ splitMix64(order.rawValue)) >> 11) / Double(1 << 53)
        return point < faults.rejectRatio
    }
}
