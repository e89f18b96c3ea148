import Orders

extension Cut {
    /// Every order that is due, with its class, in no order.
    func eachDue(tooYoungMs: Int64, _ body: (Order, OrderClass) -> Void) {
        for known in facts.facts.values {
            guard let order = known.order else { continue }
            body(order, known.orderClass(isTooYoung: order.claimedAtMs > atMs - tooYoungMs))
        }
    }
}
