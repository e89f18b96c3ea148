/// One time-boxed event: its phases, limits, coupon kinds and the frozen shape of its storage.
///
/// Times are Unix milliseconds, see ``Phase``. An order's own deadline is the time of its claim plus
/// `deliveryWindowMs`.
package struct Campaign: Sendable, Equatable {
    package let id: String
    package let title: LocalizedText
    package let opensAtMs: Int64
    package let closesAtMs: Int64
    /// From here on an operator may grant a pack to coupons that were left unspent.
    package let settlesAtMs: Int64
    package let endsAtMs: Int64
    /// Index = slot.
    package let couponKinds: [CouponKind]
    /// The limit over all games together.
    package let totalLimit: RateLimit
    package let deliveryWindowMs: Int64
    package let storage: Storage
    package let ranking: RankingWeights
    package let quotas: Quotas
    /// nil = claims of high-value packs are not held.
    package let approval: ApprovalRules?

    /// - Parameter settlesAtMs: nil = as soon as it closes.
    package init(
        id: String, title: LocalizedText, opensAtMs: Int64, closesAtMs: Int64, endsAtMs: Int64,
        couponKinds: [CouponKind], totalLimit: RateLimit, deliveryWindowMs: Int64, storage: Storage,
        ranking: RankingWeights, settlesAtMs: Int64? = nil, quotas: Quotas = .none,
        approval: ApprovalRules? = nil
    ) {
        self.id = id
        self.title = title
        self.opensAtMs = opensAtMs
        self.closesAtMs = closesAtMs
        self.settlesAtMs = settlesAtMs ?? closesAtMs
        self.endsAtMs = endsAtMs
        self.couponKinds = couponKinds
        self.totalLimit = totalLimit
        self.deliveryWindowMs = deliveryWindowMs
        self.storage = storage
        self.ranking = ranking
        self.quotas = quotas
        self.approval = approval
    }

    package func phase(_ nowMs: Int64) -> Phase {
        if nowMs < opensAtMs { return .notYet }
        if nowMs < closesAtMs { return .open }
        if nowMs < settlesAtMs { return .closing }
        return nowMs < endsAtMs ? .settle : .over
    }
}

/// Where a campaign stands at a moment.
package enum Phase: String, Sendable, CaseIterable {
    /// Before `opensAt`.
    case notYet = "not_yet"
    /// Claims are taken.
    case open
    /// From `closesAt`: no new claim; what is on its way is delivered.
    case closing
    /// From `settlesAt`: an operator may grant a pack to every coupon that is left unspent.
    case settle
    /// From `endsAt`: nothing is delivered any more.
    case over
}

/// How a red packet was won (swipe, AR map, scan); `slot` is what a coupon token carries.
package struct CouponKind: Sendable, Equatable {
    package let id: String
    package let slot: UInt8
    package let title: LocalizedText

    package init(id: String, slot: UInt8, title: LocalizedText) {
        self.id = id
        self.slot = slot
        self.title = title
    }
}
