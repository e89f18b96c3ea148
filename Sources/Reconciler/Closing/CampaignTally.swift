import Catalog
import Orders

/// What the orders of a cut come to by gift pack, and how many coupons stand in them. Orders are told of
/// shard by shard: a coupon's orders are all of its holder's shard, so that only one shard's coupons are
/// held.
struct CampaignTally: Equatable, Sendable {
    /// Index: the gift's slot.
    private(set) var gifts: [ClosingFigures]
    private(set) var classes = ClassCounts()
    /// Orders that are not voided.
    private(set) var living = 0
    /// Coupons with an order that is not voided.
    private(set) var spent = 0
    /// Coupons with an order.
    private(set) var seen = 0
    private let closesAtMs: Int64
    /// Of the shard at hand and of orders set aside: whether an order of it is not voided.
    private var coupons: [UInt64: Bool] = [:]
    /// Coupons that may be told of once more after their shard.
    private var open: Set<UInt64> = []

    init(_ catalog: Catalog) {
        gifts = Array(repeating: ClosingFigures(), count: catalog.gifts.count)
        closesAtMs = catalog.campaign.closesAtMs
    }

    /// - Precondition: the order's gift is of the catalog.
    mutating func take(_ order: Order, _ place: OrderClass) {
        let column = ClosingColumn(place)
        // After the closing Claim accepts nothing but what an operator settles.
        gifts[Int(order.gift)].add(
            column, amount: Int(order.amount), isSettled: order.claimedAtMs >= closesAtMs)
        classes[place] += 1
        let isLiving = column != .voided
        living += isLiving ? 1 : 0
        coupons[order.coupon, default: false] = coupons[order.coupon] == true || isLiving
    }

    /// An order of the shard at hand will be told of after all shards.
    mutating func setAside(_ order: Order) { open.insert(order.coupon) }

    /// All orders of a shard have been told of.
    mutating func endShard() {
        count(coupons.filter { !open.contains($0.key) })
        coupons = open.isEmpty ? [:] : coupons.filter { open.contains($0.key) }
    }

    /// Adds the orders of other shards.
    mutating func add(_ other: CampaignTally) {
        for slot in gifts.indices { gifts[slot].add(other.gifts[slot]) }
        classes.add(other.classes)
        living += other.living
        spent += other.spent
        seen += other.seen
        coupons.merge(other.coupons) { $0 || $1 }
        open.formUnion(other.open)
    }

    /// All orders have been told of.
    mutating func end() {
        count(coupons)
        coupons = [:]
        open = []
    }

    private mutating func count(_ coupons: [UInt64: Bool]) {
        seen += coupons.count
        spent += coupons.count { $0.value }
    }
}
