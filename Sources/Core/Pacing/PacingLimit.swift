/// A rate with its burst, as an operator configures it: `perSecond` requests a second in the long run,
/// and never more than `perSecond + burst` in any one second.
///
/// Units: requests a second (fractions allowed) and requests.
package struct PacingLimit: Sendable, Equatable {
    /// The slowest rate: one request in 1,000 s. A game that shall get nothing is paused, not set to 0.
    package static let minPerSecond = 0.001
    /// The fastest rate; an interval is kept in whole nanoseconds, so this one still rounds by < 0.1 %.
    package static let maxPerSecond = 1_000_000.0
    package static let maxBurst = 1_000_000

    package let perSecond: Double
    package let burst: Int

    /// Throws `PacingFault` for a rate or burst outside the ranges above (NaN included).
    package init(perSecond: Double, burst: Int) throws(PacingFault) {
        guard perSecond >= Self.minPerSecond, perSecond <= Self.maxPerSecond else {
            throw .rateOutOfRange(perSecond)
        }
        guard burst >= 1, burst <= Self.maxBurst else { throw .burstOutOfRange(burst) }
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// Why a limit cannot be used. Nothing was changed when it is thrown.
package enum PacingFault: Error, Sendable, Equatable {
    case rateOutOfRange(Double)
    case burstOutOfRange(Int)
    case concurrencyOutOfRange(Int)
    case tooManyGames(Int)
    case unknownGame(UInt8)
}
