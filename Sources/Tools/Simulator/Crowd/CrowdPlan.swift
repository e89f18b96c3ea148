import Catalog
import Credentials
import Orders
import Profiles
import Wire

/// Who comes: so many people, so many of them with a valid claim; everything else follows from the seed.
struct CrowdPlan: Sendable {
    struct Shortage: Error, CustomStringConvertible {
        let wanted: Int
        let found: Int
        var description: String {
            "of the people drawn only \(found) may have a gift pack, \(wanted) were wanted: draw more people"
        }
    }

    /// A pack of which there are fewer is one that people contend for.
    static let contestedBelow = 1000
    /// So many people come for each pack of a contested kind.
    static let contendersAPack = 3
    /// At most one valid claim in so many is for one contested kind.
    static let contendersShare = 10

    let people: Int
    let validClaims: Int
    /// People's numbers begin here.
    let firstUser: UInt64
    let seed: UInt64
    /// Of a thousand people, so many are unknown to the nightly batch.
    let slowPerMille: UInt64
    /// Of a hundred accepted claims, so many are sent again, and of so many the coupon is tried on another
    /// pack.
    let repeatPercent: UInt64
    let spendAgainPercent: UInt64

    init(
        people: Int, validClaims: Int, seed: UInt64, slowPerMille: UInt64 = 50,
        repeatPercent: UInt64 = 10, spendAgainPercent: UInt64 = 5
    ) {
        self.people = people
        self.validClaims = validClaims
        // Other seeds have other people, who may meet in one Redis and must not be taken for each other.
        firstUser = splitMix64(seed ^ 0x7573_6572) % 1_000_000 * 100_000_000 + 1
        self.seed = seed
        self.slowPerMille = slowPerMille
        self.repeatPercent = repeatPercent
        self.spendAgainPercent = spendAgainPercent
    }

    /// The kinds of pack that people contend for.
    static func contested(_ catalog: Catalog) -> [Gift] {
        catalog.gifts.filter { $0.stock < contestedBelow }
    }

    /// The people in the order in which they come.
    ///
    /// - Parameter nowMs: who may have what depends on the campaign's phase.
    func draw(_ world: RoleWorld, nowMs: Int64) throws(Shortage) -> [Person] {
        var random = SplitMix64(seed: splitMix64(seed ^ 0x6372_6f77_64))
        let numbers = (0..<UInt64(people)).shuffled(using: &random)
        var parts = [PersonPart?](repeating: nil, count: people)
        var valid = 0
        let cap = validClaims / Self.contendersShare
        for gift in Self.contested(world.catalog) {
            var wanted = min(gift.stock * Self.contendersAPack, cap)
            for (index, number) in numbers.enumerated() where wanted > 0 && parts[index] == nil {
                guard may(firstUser + number, have: gift, world, nowMs: nowMs) else { continue }
                parts[index] = .contends(gift: gift.slot)
                wanted -= 1
                valid += 1
            }
        }
        let plenty = world.catalog.gifts.filter { $0.stock >= Self.contestedBelow }
        for (index, number) in numbers.enumerated() where valid < validClaims && parts[index] == nil {
            guard plenty.contains(where: { may(firstUser + number, have: $0, world, nowMs: nowMs) }) else {
                continue
            }
            parts[index] = .claims
            valid += 1
        }
        guard valid == validClaims else { throw Shortage(wanted: validClaims, found: valid) }
        var choosy = Self.refusals(people - valid).filter(\.needsChoice)
        var others = Self.refusals(people - valid).filter { !$0.needsChoice }
        return zip(numbers, parts).map { number, part in
            let isStranger = world.favourite(of: firstUser + number) == nil
            return person(number, part ?? (isStranger ? nil : choosy.popLast()) ?? others.popLast() ?? .looks)
        }
        .shuffled(using: &random)
    }

    private func may(_ user: UInt64, have gift: Gift, _ world: RoleWorld, nowMs: Int64) -> Bool {
        let profile = Profile(
            user: user, known: world.catalog.allGames, games: world.registrations(of: user), fetchedAtS: 0)
        return Eligibility.check(gift: gift, profile: profile, catalog: world.catalog, nowMs: nowMs) == .yes
    }

    /// The parts of those who get nothing, by their shares; what rounding leaves over only looks.
    static func refusals(_ count: Int) -> [PersonPart] {
        let parts = PersonPart.refusedShares.dropFirst().flatMap { share in
            [PersonPart](repeating: share.part, count: count * share.percent / 100)
        }
        return parts + [PersonPart](repeating: .looks, count: count - parts.count)
    }

    private func person(_ number: UInt64, _ part: PersonPart) -> Person {
        var random = SplitMix64(seed: splitMix64(seed) ^ splitMix64(number))
        let algorithms = TicketAlgorithm.allCases
        let isSlow = random.next() % 1000 < slowPerMille
        return Person(
            user: firstUser + number, part: part,
            ticket: algorithms[Int(random.next() % UInt64(algorithms.count))],
            couponKind: UInt8(random.next() % 3),
            // A bijection of the number, so that no two people have the same coupon.
            couponSerial: splitMix64(splitMix64(seed) &+ number),
            repeatsClaim: part == .claims && random.next() % 100 < repeatPercent,
            spendsAgain: part == .claims && random.next() % 100 < spendAgainPercent,
            // Where the claim's refusal hangs on what is known of the person, it is known.
            isPreloaded: !isSlow, seed: random.next())
    }
}
