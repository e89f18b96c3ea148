/// One time-boxed event: its phases, limits, coupon kinds and the frozen shape of its storage.
///
/// Times are Unix milliseconds. Claims are taken in `opensAtMs ..< closesAtMs`; deliveries may go on until
/// `endsAtMs`. An order's own deadline is the time of its claim plus `deliveryWindowMs`.
package struct Campaign: Sendable, Equatable {
    package let id: String
    package let title: LocalizedText
    package let opensAtMs: Int64
    package let closesAtMs: Int64
    package let endsAtMs: Int64
    /// Index = slot.
    package let couponKinds: [CouponKind]
    /// The limit over all games together.
    package let totalLimit: RateLimit
    package let deliveryWindowMs: Int64
    package let storage: Storage
    package let ranking: RankingWeights

    package init(
        id: String, title: LocalizedText, opensAtMs: Int64, closesAtMs: Int64, endsAtMs: Int64,
        couponKinds: [CouponKind], totalLimit: RateLimit, deliveryWindowMs: Int64, storage: Storage,
        ranking: RankingWeights
    ) {
        self.id = id
        self.title = title
        self.opensAtMs = opensAtMs
        self.closesAtMs = closesAtMs
        self.endsAtMs = endsAtMs
        self.couponKinds = couponKinds
        self.totalLimit = totalLimit
        self.deliveryWindowMs = deliveryWindowMs
        self.storage = storage
        self.ranking = ranking
    }
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
