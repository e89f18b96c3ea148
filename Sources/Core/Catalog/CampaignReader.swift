import Wire

/// Reads campaign.json; what other files are checked against is kept even when the whole is faulty.
struct CampaignReader {
    let faults: FaultList
    /// Nil when any part was faulty.
    private(set) var campaign: Campaign?
    private(set) var totalLimit: RateLimit?
    private(set) var dimensions: Int?

    init(_ json: JSON, directory: String, faults: FaultList) {
        self.faults = faults
        guard var root = JSONSection(json, path: "", faults: faults) else { return }
        _ = root.optionalValue("$schema")
        let id = root.identifier("id")
        let name = directory.split(separator: "/").last.map(String.init)
        if let id, let name, id != name {
            faults.add("id", "must be the directory's name, \"\(name)\", not \"\(id)\"")
        }
        let title = root.localized("title")
        let phases = Self.phases(&root)
        let kinds = Self.couponKinds(&root)
        totalLimit = root.rateLimit("totalLimit")
        let window = root.integer("deliveryWindowMs", in: 1_000...CatalogLimits.deliveryWindowMs)
        let storage = Self.storage(&root, windowMs: window)
        let ranking = Self.ranking(&root)
        let rules = CampaignRulesReader(&root)
        dimensions = ranking?.dimensions
        root.finish()
        guard let id, let title, let phases, let kinds, let totalLimit, let window, let storage, let ranking,
            let quotas = rules.quotas, let approval = rules.approval
        else { return }
        campaign = Campaign(
            id: id, title: title, opensAtMs: phases.opens, closesAtMs: phases.closes, endsAtMs: phases.ends,
            couponKinds: kinds, totalLimit: totalLimit, deliveryWindowMs: window, storage: storage,
            ranking: ranking, settlesAtMs: phases.settles, quotas: quotas, approval: approval.rules)
    }

    private struct Phases {
        var opens: Int64
        var closes: Int64
        var settles: Int64?
        var ends: Int64
    }

    private static func phases(_ root: inout JSONSection) -> Phases? {
        let opens = root.time("opensAt")
        let closes = root.time("closesAt")
        let isSettled = root.optionalValue("settlesAt") != nil
        let settles = isSettled ? root.time("settlesAt") : nil
        let ends = root.time("endsAt")
        if let opens, let closes, closes <= opens {
            root.faults.add("closesAt", "must be after opensAt")
        }
        if let closes, let settles, settles < closes {
            root.faults.add("settlesAt", "must not be before closesAt")
        }
        if let closes, let ends, let settles, settles > ends, closes <= ends {
            root.faults.add("settlesAt", "must not be after endsAt")
        }
        if let closes, let ends, ends < closes {
            root.faults.add("endsAt", "must not be before closesAt")
        } else if let opens, let ends, ends <= opens {
            root.faults.add("endsAt", "must be after opensAt")
        }
        guard let opens, let closes, let ends, !isSettled || settles != nil else { return nil }
        return Phases(opens: opens, closes: closes, settles: settles, ends: ends)
    }

    private static func couponKinds(_ root: inout JSONSection) -> [CouponKind]? {
        guard let entries = root.sections("couponKinds", count: 1...CatalogLimits.couponKinds) else {
            return nil
        }
        var ledger = SlotLedger(list: "couponKinds", faults: root.faults)
        var kinds: [CouponKind] = []
        for var entry in entries {
            let id = entry.identifier("id")
            let slot = entry.int("slot", in: 0...(CatalogLimits.couponKinds - 1))
            let title = entry.localized("title")
            entry.finish()
            ledger.enter(id: id, slot: slot, at: entry.path)
            guard let id, let slot, let title else { continue }
            kinds.append(CouponKind(id: id, slot: UInt8(slot), title: title))
        }
        ledger.finish()
        return kinds.sorted { $0.slot < $1.slot }
    }

    private static func storage(_ root: inout JSONSection, windowMs: Int64?) -> Storage? {
        guard var section = root.section("storage") else { return nil }
        let shards = section.int("shards", in: 1...CatalogLimits.shards)
        let buckets = section.int("claimBuckets", in: 1...CatalogLimits.claimBuckets)
        let orders = section.int("ordersPartitions", in: 1...CatalogLimits.partitions)
        let outcomes = section.int("outcomesPartitions", in: 1...CatalogLimits.partitions)
        let tiers = retryTiers(&section, windowMs: windowMs)
        let replication = section.int("replication", in: 1...CatalogLimits.replication)
        section.finish()
        guard let shards, let buckets, let orders, let outcomes, let tiers, let replication else {
            return nil
        }
        return Storage(
            shards: shards, claimBuckets: buckets, ordersPartitions: orders, outcomesPartitions: outcomes,
            retryTiersMs: tiers, replication: replication)
    }

    private static func retryTiers(_ section: inout JSONSection, windowMs: Int64?) -> [Int64]? {
        guard let elements = section.array("retryTiersMs", count: 1...CatalogLimits.retryTiers) else {
            return nil
        }
        let place = section.place("retryTiersMs")
        var tiers: [Int64] = []
        for (index, json) in elements.enumerated() {
            let here = "\(place)[\(index)]"
            let range = 1...CatalogLimits.deliveryWindowMs
            guard let tier = JSONSection.integer(json, in: range, at: here, section.faults) else { continue }
            if let last = tiers.last, tier <= last {
                section.faults.add(here, "must be longer than the tier before it (\(last))")
            }
            if let windowMs, tier >= windowMs {
                section.faults.add(here, "must be shorter than deliveryWindowMs (\(windowMs))")
            }
            tiers.append(tier)
        }
        return tiers
    }

    private static func ranking(_ root: inout JSONSection) -> RankingWeights? {
        guard var section = root.section("ranking") else { return nil }
        let preference = section.number("preference", in: 0...1)
        let popularity = section.number("popularity", in: 0...1)
        let freshness = section.number("freshness", in: 0...1)
        let halfLife = section.integer("freshHalfLifeMs", in: 1_000...CatalogLimits.freshHalfLifeMs)
        let dimensions = section.int("dimensions", in: 1...CatalogLimits.dimensions)
        let neighbours = section.optionalInt("neighbours", in: 1...CatalogLimits.neighbours)
        section.finish()
        guard let preference, let popularity, let freshness, let halfLife, let dimensions, let neighbours
        else { return nil }
        if preference + popularity + freshness == 0 {
            section.faults.add(section.path, "one of preference, popularity, freshness must be above 0")
        }
        return RankingWeights(
            preference: Float(preference), popularity: Float(popularity), freshness: Float(freshness),
            freshHalfLifeMs: halfLife, dimensions: dimensions, neighbours: neighbours.value)
    }
}

extension JSONSection {
    mutating func rateLimit(_ key: String) -> RateLimit? {
        guard var section = section(key) else { return nil }
        let perSecond = section.number("perSecond", in: 0.01...Double(CatalogLimits.perSecond))
        let burst = section.int("burst", in: 2...CatalogLimits.burst)
        section.finish()
        guard let perSecond, let burst else { return nil }
        return RateLimit(perSecond: perSecond, burst: burst)
    }
}
