import Catalog
import Orders

/// The orders of one shard, judged by the first look, but for those that are looked at once more.
struct JudgedShard: Sendable {
    fileprivate var verdict: Verdict
    fileprivate var tally: CampaignTally
    fileprivate var due: Int
    fileprivate var aside = Reconciliation()
    /// Distinct orders that games' statements name, by game.
    fileprivate var stated: [UInt8: Int] = [:]
}

/// Judges the orders of a cut, shard by shard. Pure.
struct CutJudge: Sendable {
    private let catalog: Catalog
    private let tooYoungMs: Int64
    private var cut: Cut
    private var due = 0
    /// Distinct orders that games' statements name, by game.
    private(set) var stated: [UInt8: Int] = [:]
    /// What has to be looked at once more.
    private(set) var aside = Reconciliation()

    /// Orders that may still be set aside.
    var room: Int { Cut.maxLookedAgain - aside.facts.count }

    init(_ catalog: Catalog, atMs: Int64, tooYoungMs: Int64) {
        self.catalog = catalog
        self.tooYoungMs = tooYoungMs
        cut = Cut(
            atMs: atMs, verdict: Verdict(atMs: atMs, games: catalog.games.count),
            tally: CampaignTally(catalog))
    }

    /// Judges what is known of a shard's orders; changes nothing here.
    ///
    /// - Parameter most: so many are set aside at most; where more seem to need it the rest is judged.
    func judge(_ facts: inout Reconciliation, most: Int) -> JudgedShard {
        var tally = CampaignTally(catalog)
        var aside = Reconciliation()
        let stated = facts.statements.mapValues(\.granted.count)
        let wanted = (Array(facts.disputed) + facts.unexpected).prefix(most)
        if !wanted.isEmpty {
            for id in wanted {
                if let order = facts.facts[id]?.order { tally.setAside(order) }
            }
            facts.setAside(wanted, in: &aside)
        }
        let verdict = judge(facts, &tally)
        tally.endShard()
        return JudgedShard(verdict: verdict, tally: tally, due: facts.dueCount, aside: aside, stated: stated)
    }

    private func judge(_ facts: Reconciliation, _ tally: inout CampaignTally) -> Verdict {
        facts.verdict(atMs: cut.atMs, tooYoungMs: tooYoungMs, games: catalog.games.count) {
            tally.take($0, $1)
        }
    }

    /// Adds a shard.
    mutating func take(_ shard: JudgedShard) throws(ReconcilerFault) {
        if let sum = shard.verdict.brokenSum(due: shard.due, isPart: true) { throw Self.broken(sum) }
        due += shard.due
        cut.verdict.add(shard.verdict)
        cut.tally.add(shard.tally)
        aside.add(shard.aside)
        stated.merge(shard.stated, uniquingKeysWith: +)
    }

    /// Adds what has been looked at once more, and ends.
    ///
    /// - Throws: ``ReconcilerFault/broken`` when the classes do not add up, with the sum that does not.
    mutating func end(_ aside: Reconciliation) throws(ReconcilerFault) -> Cut {
        // Their coupons were kept open by their shards.
        var tally = CampaignTally(catalog)
        let verdict = judge(aside, &tally)
        try take(JudgedShard(verdict: verdict, tally: tally, due: aside.dueCount))
        cut.tally.end()
        cut.verdict.sort()
        if let sum = cut.verdict.brokenSum(due: due) { throw Self.broken(sum) }
        return cut
    }

    private static func broken(_ sum: String) -> ReconcilerFault {
        ReconcilerFault(ReconcilerFault.broken, "the classes do not add up, the run is void: \(sum)")
    }
}
