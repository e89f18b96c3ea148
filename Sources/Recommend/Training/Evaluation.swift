import Catalog
import Orders
import Profiles
import Wire

/// Orders of packs side by side, on claims that none of them was told of.
struct Evaluation: Sendable {
    enum Order: String, CaseIterable, Sendable {
        case random
        /// By claims, the same for everybody.
        case popularity
        /// What can be claimed first, and chance beyond that.
        case registration
        /// What Recommend serves to people without a vector: registration, then popularity by segment.
        case withoutVector = "registration, popularity"
        /// What Recommend serves: both levels, vectors as the compact profile keeps them.
        case learned
    }

    let trainVisits: Int
    let choices: Int
    private(set) var qualities: [Order: ListQuality] = [:]

    private let log: ClaimLog
    private let served: ServedModel
    private let ranking: Ranking
    private let byPopularity: [UInt16]

    /// Learns from what is not held out, then asks.
    init(
        _ log: ClaimLog, holdOut: HoldOut, training: ChoiceTraining, progress: (Int) -> Void = { _ in }
    ) {
        let (train, test) = holdOut.split(log)
        let learned = LearnedModel(log, visits: train, training: training, progress: progress)
        trainVisits = train.count
        choices = learned.choices
        self.log = log
        served = learned.served
        ranking = Ranking(catalog: log.catalog.with(model: served.gifts))
        var claims = [Int](repeating: 0, count: log.catalog.gifts.count)
        for visit in train { if let gift = log.gift(claimedAt: visit) { claims[Int(gift)] += 1 } }
        byPopularity = claims.indices.sorted { (-claims[$0], $0) < (-claims[$1], $1) }.map { UInt16($0) }
        ask(test, seed: training.seed)
    }

    /// How many times as good as popularity alone the learned order is.
    var learnedToPopularity: Double {
        guard let learned = qualities[.learned], let popularity = qualities[.popularity] else { return 0 }
        return popularity.ndcg > 0 ? learned.ndcg / popularity.ndcg : 0
    }

    private mutating func ask(_ visits: [Int], seed: UInt64) {
        let gifts = log.catalog.gifts.count
        for order in Order.allCases { qualities[order] = ListQuality(gifts: gifts) }
        var random = SplitMix64(seed: splitMix64(seed ^ 0x6173_6b))
        var (common, commonAtMs) = (ranking.common(nowMs: 0), Int64.min)
        for visit in visits {
            guard let taken = log.gift(claimedAt: visit) else { continue }
            // As served: computed now and then, not for each person.
            if abs(log.atMs[visit] - max(commonAtMs, 0)) > 600_000 {
                commonAtMs = log.atMs[visit]
                common = ranking.common(nowMs: commonAtMs)
            }
            let standings = standings(visit)
            let segment = log.standing(visit).segment
            let shuffled = (0..<UInt16(gifts)).shuffled(using: &random)
            qualities[.random]?.add(shuffled, taken: taken)
            qualities[.popularity]?.add(byPopularity, taken: taken)
            // A sort that keeps what is equal in its order: standing first, then as shuffled.
            let byRegistration = GiftStanding.allCases.flatMap { level in
                shuffled.filter { standings[Int($0)] == level }
            }
            qualities[.registration]?.add(byRegistration, taken: taken)
            let plain = ranking.order(standings: standings, preference: [], segment: segment, common: common)
            qualities[.withoutVector]?.add(plain, taken: taken)
            let order = ranking.order(
                standings: standings, preference: preference(visit), segment: segment, common: common)
            qualities[.learned]?.add(order, taken: taken)
        }
    }

    /// The first level, by the code that Recommend and Claim both ask.
    private func standings(_ visit: Int) -> [GiftStanding] {
        let registrations = log.standing(visit).registrations
        return log.catalog.gifts.map { gift in
            GiftList.standing(
                GiftTable.Verdict(Eligibility.check(gift.audience, registrations[Int(gift.game)])))
        }
    }

    /// The person's vector as it comes back from Redis.
    private func preference(_ visit: Int) -> [Float] {
        let person = Int(log.people[visit])
        guard let vector = served.vector(of: person) else { return [] }
        let profile = Profile(user: log.users[person], preference: vector, fetchedAtS: 0)
        let stored = try? ProfileCodec.decode(ProfileCodec.encode(profile), user: profile.user)
        return stored?.preference ?? []
    }
}
