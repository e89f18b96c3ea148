import Orders

/// Holds what Kafka and Redis have in the end against what people were told. Pure.
struct TortureAudit: Sendable {
    /// One statement that must hold, with the numbers that say so.
    struct Line: Sendable, Equatable {
        var statement: String
        var found: String
        var holds: Bool
    }

    private(set) var lines: [Line] = []
    /// For information.
    private(set) var twins = 0
    private(set) var voided = 0

    var isClean: Bool { lines.allSatisfy(\.holds) }

    init(plan: TorturePlan, notes: TortureNotes, holdings: TortureStores.Holdings) {
        let packs = plan.scale.packs
        let live = holdings.redisOrders.filter { holdings.states[$0.id] != .voided }
        voided = holdings.redisOrders.count - live.count
        let inKafka = Dictionary(holdings.kafkaOrders.map { ($0.id, $0) }) { first, _ in first }
        twins = holdings.kafkaOrders.count - inKafka.count
        // An order that lost its coupon to another one is voided: it has no claim, and is granted by nobody.
        let claimed = Dictionary(live.map { ($0.id, $0) }) { first, _ in first }
        let stray = inKafka.values.filter { claimed[$0.id] == nil }
        say("orders in Redis are the packs exactly", "\(live.count) of \(packs)", live.count == packs)
        say(
            "orders in Kafka are the packs exactly",
            "\(inKafka.count - stray.count) of \(packs), \(stray.count) without a claim, \(twins) twins",
            inKafka.count == packs)
        sayCoupons(live, inKafka)
        sayIDs(holdings, claimed, inKafka)
        sayPromises(plan, notes, claimed, inKafka)
        sayStock(plan, holdings, live)
        let open = notes.open.count
        say("every coupon is settled", "\(open) open", open == 0)
        say("no answer was wrong", "\(notes.wrong) wrong", notes.wrong == 0)
        say(
            "nothing is left in the outbox, and every record can be read",
            "\(holdings.outbox) in the outbox, \(holdings.unreadable) unreadable",
            holdings.outbox + holdings.unreadable == 0)
    }

    private mutating func say(_ statement: String, _ found: String, _ holds: Bool) {
        lines.append(Line(statement: statement, found: found, holds: holds))
    }

    private mutating func sayCoupons(_ live: [Order], _ inKafka: [OrderID: Order]) {
        let twiceInRedis = Dictionary(grouping: live, by: \.coupon).values.count { $0.count > 1 }
        let twiceInKafka = Dictionary(grouping: inKafka.values, by: \.coupon).values.count { $0.count > 1 }
        say(
            "no coupon twice", "\(twiceInRedis) in Redis, \(twiceInKafka) in Kafka",
            twiceInRedis + twiceInKafka == 0)
    }

    /// An ID that stands for two coupons, in one place or in two.
    private mutating func sayIDs(
        _ holdings: TortureStores.Holdings, _ claimed: [OrderID: Order], _ inKafka: [OrderID: Order]
    ) {
        var coupons: [OrderID: UInt64] = [:]
        var shared = 0
        for order in holdings.redisOrders + holdings.kafkaOrders {
            if let coupon = coupons[order.id], coupon != order.coupon { shared += 1 }
            coupons[order.id] = order.coupon
        }
        let differing = claimed.count { id, order in
            guard let other = inKafka[id] else { return false }
            return (other.user, other.gift, other.region, other.role, other.amount)
                != (order.user, order.gift, order.region, order.role, order.amount)
        }
        say(
            "IDs are unique, and both stores say the same of each", "\(shared) shared, \(differing) differ",
            shared + differing == 0)
    }

    private mutating func sayPromises(
        _ plan: TorturePlan, _ notes: TortureNotes, _ claimed: [OrderID: Order], _ inKafka: [OrderID: Order]
    ) {
        var (promised, missingInRedis, missingInKafka, others) = (0, 0, 0, 0)
        for (coupon, order) in notes.orders.enumerated() {
            guard let order else { continue }
            promised += 1
            if inKafka[order] == nil { missingInKafka += 1 }
            guard let claim = claimed[order] else {
                missingInRedis += 1
                continue
            }
            if claim.coupon != plan.serial(coupon) || claim.user != plan.user(coupon) { others += 1 }
        }
        say(
            "every order that was promised is there, and its coupon's",
            "\(promised) promised, missing \(missingInRedis) in Redis, \(missingInKafka) in Kafka, "
                + "\(others) another's",
            missingInRedis + missingInKafka + others == 0)
    }

    private mutating func sayStock(
        _ plan: TorturePlan, _ holdings: TortureStores.Holdings, _ live: [Order]
    ) {
        let issued = Dictionary(grouping: live, by: { Int($0.gift) }).mapValues(\.count)
        for (slot, stock) in plan.scale.stock.enumerated() {
            let found = slot < holdings.stock.count ? holdings.stock[slot] : TortureStores.Stock()
            let mine = issued[slot] ?? 0
            say(
                "pack \(slot): issued + left = stock",
                "\(mine) + \(found.left) = \(stock) (pool \(found.inPool), shards \(found.atHand))",
                mine + found.left == stock && found.total == stock)
        }
    }
}
