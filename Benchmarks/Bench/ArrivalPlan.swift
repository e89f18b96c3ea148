import Glibc
import Wire

/// When requests are meant to be sent: a Poisson process, as people who know nothing of each other come.
package struct ArrivalPlan: Sendable {
    private var random: SplitMix64
    private let meanGapNs: Double
    /// The time of the next arrival, in nanoseconds from the start.
    package private(set) var nextNs: UInt64 = 0
    private var exact = 0.0

    /// - Parameter perSecond: the mean rate.
    package init(perSecond: Double, seed: UInt64) {
        precondition(perSecond > 0)
        random = SplitMix64(seed: seed)
        meanGapNs = 1e9 / perSecond
        advance()
    }

    /// Goes on to the next arrival.
    package mutating func advance() {
        // 53 random bits in 0 < u <= 1: the gap -ln(u) · mean is exponential.
        let unit = Double((random.next() >> 11) + 1) * 0x1p-53
        exact -= log(unit) * meanGapNs
        nextNs = UInt64(exact)
    }
}
