/// What kind of request a permit of a game is spent on.
package enum AttemptClass: UInt8, Sendable, Equatable, CaseIterable {
    /// The first attempt of an order.
    case fresh
    /// An attempt after the first, or a query about one.
    case `repeat`
    /// The first attempt of an order that an operator or the Reconciler sends again.
    case resend
}

/// Divides one game's permits among fresh orders, repeats and resends.
///
/// Repeats get at most a tenth of the game's limit and resends at most a fifth, each in a GCRA of its own and
/// never less than one in ten seconds; fresh orders may use everything. So a game that only fails spends nine
/// tenths of its limit on orders that have not been tried, and a large redrive does not stand in the way of
/// the queue. Source of the tenth: the retry budget of "Handling Overload", Site Reliability Engineering,
/// Beyer et al. 2016, chapter 21. Where their share allows it, repeats and then resends go first: they are
/// older, and their share is bounded; fresh ones keep at least seven tenths.
///
/// A pure value; times are monotonic nanoseconds. Every attempt pays the game's limit besides.
package struct AttemptBudgets: Sendable {
    /// Shares of a game's limit.
    package static let repeatShare = 0.1
    package static let resendShare = 0.2
    /// The least of a share, a second.
    package static let leastPerSecond = 0.1

    private var repeats: GCRA
    private var resends: GCRA

    /// - Parameter perSecond: the game's limit.
    package init(perSecond: Double, nowNs: UInt64) {
        repeats = Self.gcra(perSecond * Self.repeatShare, nowNs)
        resends = Self.gcra(perSecond * Self.resendShare, nowNs)
    }

    /// The class that the game's next permit is for, taken from its share; nil when nothing that waits may
    /// go now. Ask only with a permit in the hand.
    package mutating func next(
        hasFresh: Bool, hasRepeat: Bool, hasResend: Bool, nowNs: UInt64
    ) -> AttemptClass? {
        if hasRepeat, repeats.take(nowNs: nowNs) { return .repeat }
        if hasResend, resends.take(nowNs: nowNs) { return .resend }
        return hasFresh ? .fresh : nil
    }

    /// From when on something that waits may go: 0 for fresh ones; nil when nothing waits.
    package func readyAtNs(hasFresh: Bool, hasRepeat: Bool, hasResend: Bool) -> UInt64? {
        if hasFresh { return 0 }
        switch (hasRepeat, hasResend) {
        case (true, true): return min(repeats.nextAtNs, resends.nextAtNs)
        case (true, false): return repeats.nextAtNs
        case (false, true): return resends.nextAtNs
        case (false, false): return nil
        }
    }

    /// How long one more of a class waits behind so many, by its share alone; 0 for fresh ones. A repeat
    /// that would wait long is better put on the shelf than kept in memory.
    package func waitNs(_ kind: AttemptClass, behind count: Int) -> UInt64 {
        let perSecond: Double
        switch kind {
        case .fresh: return 0
        case .repeat: perSecond = repeats.perSecond
        case .resend: perSecond = resends.perSecond
        }
        return UInt64(min(Double(max(0, count)) / perSecond * 1e9, 1e18))
    }

    /// The game's limit changed; in force at once.
    package mutating func limitChanged(perSecond: Double, nowNs: UInt64) {
        let (repeatRate, resendRate) = (
            Self.rate(perSecond * Self.repeatShare), Self.rate(perSecond * Self.resendShare)
        )
        repeats.setRate(perSecond: repeatRate, burst: Self.burst(repeatRate), nowNs: nowNs)
        resends.setRate(perSecond: resendRate, burst: Self.burst(resendRate), nowNs: nowNs)
    }

    private static func gcra(_ share: Double, _ nowNs: UInt64) -> GCRA {
        GCRA(perSecond: rate(share), burst: burst(rate(share)), nowNs: nowNs)
    }

    private static func rate(_ share: Double) -> Double {
        min(max(share, leastPerSecond), PacingLimit.maxPerSecond)
    }

    /// A tenth of a second's worth: the game's own permits come in their own rhythm.
    private static func burst(_ rate: Double) -> Int { max(1, Int(rate * 0.1)) }
}
