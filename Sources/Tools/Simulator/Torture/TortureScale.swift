import Wire

/// How much is attempted, by how many, for how much; with the seed it fixes everything that is sent and
/// every blow that falls.
struct TortureScale: Sendable, Equatable {
    /// Valid coupons a pack: more people come than can be served.
    static let demandPercent = 120
    /// Valid coupons a gift beyond that, so that the scarcest gift sells out too.
    static let demandMargin = 8

    var attempts = 1_000_000
    var people = 100_000
    var packs = 50_000
    var seed: UInt64

    init(attempts: Int = 1_000_000, people: Int = 100_000, packs: Int = 50_000, seed: UInt64) {
        self.attempts = attempts
        self.people = people
        self.packs = packs
        self.seed = seed
    }

    /// Stock by gift slot: one gift that most go for, some in the middle, and one of which there are few.
    var stock: [Int] {
        let shares = [480, 250, 200, 65, 5]
        var stock = shares.map { max(1, packs * $0 / 1000) }
        stock[0] += packs - stock.reduce(0, +)
        return stock
    }

    var validCoupons: Int { packs * Self.demandPercent / 100 + Self.demandMargin * stock.count }
    /// All coupons; a person beyond the first round gets another one.
    var coupons: Int { max(people, validCoupons) }
}

/// What is attempted: who comes when with which coupon, which coupons are good, and who repeats what. A pure
/// function of the scale.
struct TorturePlan: Sendable {
    /// What is wrong with a coupon, or nothing.
    enum Part: Sendable, Equatable {
        /// Gets a pack as long as there is one.
        case valid(gift: Int)
        case expired
        /// Names another holder.
        case othersCoupon
        /// Claims for a role that is somebody else's.
        case strangeRole

        var isValid: Bool {
            if case .valid = self { true } else { false }
        }

        /// What may come back besides "not now"; a valid one's orders are the notes' business.
        var rightRefusals: Set<Int> {
            switch self {
            // 409: sold out, or the coupon was spent on another body.
            case .valid: [409]
            // Sold out is looked at before the coupon's age and the role.
            case .expired: [409, 410]
            case .othersCoupon: [403]
            case .strangeRole: [403, 409]
            }
        }
    }

    /// One request: a coupon, and whether it names another pack than the first time.
    struct Attempt: Sendable, Equatable {
        var coupon: Int
        var namesAnotherGift: Bool
    }

    /// Coupons that came last are repeated most, as by people who press the button again.
    private static let recent = 512

    let scale: TortureScale
    /// 0...: gift slot; above: refused.
    private let parts: [UInt8]

    init(_ scale: TortureScale) {
        self.scale = scale
        let stock = scale.stock
        let weights = stock.map { $0 * TortureScale.demandPercent / 100 + TortureScale.demandMargin }
        let (coupons, valid) = (scale.coupons, weights.reduce(0, +))
        var random = SplitMix64(seed: splitMix64(scale.seed ^ 0x7061_7274))
        var given = [Int](repeating: 0, count: stock.count)
        var parts = [UInt8](repeating: 0, count: coupons)
        var count = 0
        for coupon in 0..<coupons {
            // Spread evenly: the packs sell out near the end and not at the beginning.
            guard (coupon + 1) * valid / coupons > coupon * valid / coupons, count < valid else {
                parts[coupon] = UInt8(stock.count) + UInt8(random.next() % 3)
                continue
            }
            count += 1
            // The gift that lags most behind its share of the demand.
            let gift = weights.indices.max {
                weights[$0] * count - given[$0] * valid < weights[$1] * count - given[$1] * valid
            }!
            given[gift] += 1
            parts[coupon] = UInt8(gift)
        }
        self.parts = parts
    }

    var gifts: Int { scale.stock.count }

    func part(_ coupon: Int) -> Part {
        switch Int(parts[coupon]) - gifts {
        case ..<0: .valid(gift: Int(parts[coupon]))
        case 0: .expired
        case 1: .othersCoupon
        default: .strangeRole
        }
    }

    /// The gift that the coupon's own body names.
    func gift(_ coupon: Int) -> Int { Int(parts[coupon]) < gifts ? Int(parts[coupon]) : 0 }

    /// The gift that its other body names: the most plentiful one, or the next.
    func otherGift(_ coupon: Int) -> Int { gift(coupon) == 0 ? 1 : 0 }

    /// How many coupons have come, first attempts of these, by the time of an attempt.
    private func arrivals(_ attempt: Int) -> Int {
        min(scale.coupons, Int(Double(attempt) * Double(scale.coupons) / Double(scale.attempts)))
    }

    /// - Parameter index: 0..<attempts.
    func attempt(_ index: Int) -> Attempt {
        let come = arrivals(index)
        if come == 0 || arrivals(index + 1) > come {
            return Attempt(coupon: min(come, scale.coupons - 1), namesAnotherGift: false)
        }
        var random = SplitMix64(seed: splitMix64(scale.seed) ^ UInt64(index))
        let coupon: Int
        switch random.next() % 8 {
        // Together with the one before, or nearly: these race.
        case 0, 1: coupon = come - 1
        case 2, 3, 4, 5: coupon = come - 1 - Int(random.next() % UInt64(min(come, Self.recent)))
        default: coupon = Int(random.next() % UInt64(come))
        }
        return Attempt(coupon: coupon, namesAnotherGift: random.next() % 50 == 0)
    }

    // MARK: - People

    /// People's numbers begin here; another seed has other people.
    private var firstUser: UInt64 { splitMix64(scale.seed ^ 0x7573_6572) % 1_000_000 * 10_000_000 + 1 }

    func user(_ coupon: Int) -> UInt64 { firstUser + UInt64(coupon % scale.people) }
    /// A bijection of the coupon's number.
    func serial(_ coupon: Int) -> UInt64 { splitMix64(splitMix64(scale.seed) &+ UInt64(coupon)) }
    /// The one role that a person has, in the game's first region.
    static func role(_ user: UInt64) -> UInt64 { user + 1000 }
}
