import Catalog
import Profiles
import Testing
import Wire

@testable import Recommend

@Suite("Learning tastes from choices")
struct ChoiceTrainingTests {
    private let catalog: Catalog

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    /// People with all games; those of even number take one half of the packs, the others the other half.
    private func halves(people: UInt64, visits: Int) -> ClaimLog {
        var log = ClaimLog(catalog: catalog)
        let games = catalog.games.map { ClaimLog.RegisteredGame(game: $0.slot, registeredAtS: 1_700_000_000) }
        let packs = catalog.gifts.filter { $0.audience != .new }.map(\.slot)
        var random = SplitMix64(seed: 17)
        for visit in 0..<visits {
            let user = UInt64(visit) % people
            let shown = packs.shuffled(using: &random).prefix(6)
            let claimed = shown.indices.first { shown[$0] % 2 == UInt16(user % 2) }
            log.append(
                .init(
                    atMs: 1_772_000_000_000 + Int64(visit), user: user, games: games, shown: Array(shown),
                    claimed: claimed))
        }
        return log
    }

    private func learn(_ log: ClaimLog, seed: UInt64 = 1) -> (ChoiceSample, ChoiceModel) {
        let sample = ChoiceSample(log, visits: 0..<log.count)
        var training = ChoiceTraining()
        training.rank = 4
        training.seed = seed
        return (sample, training.learn(sample))
    }

    @Test("who takes one half of the packs likes that half, shown or not")
    func halves() {
        let log = halves(people: 20, visits: 400)
        let (_, model) = learn(log)
        let packs = catalog.gifts.filter { $0.audience != .new }.map { Int($0.slot) }
        for person in log.users.indices {
            func liking(_ half: Int) -> Float {
                packs.filter { $0 % 2 == half }.reduce(Float(0)) { sum, pack in
                    (0..<model.rank).reduce(sum) {
                        $0 + model.tastes[person * model.rank + $1] * model.features[pack * model.rank + $1]
                    }
                }
            }
            let own = Int(log.users[person] % 2)
            #expect(liking(own) > liking(1 - own) + 10)
        }
    }

    @Test("who has chosen nothing yet likes what others who play the same games like")
    func games() {
        var log = ClaimLog(catalog: catalog)
        let packs = catalog.gifts.filter { $0.audience != .new }.map(\.slot)
        var random = SplitMix64(seed: 19)
        // Players of game 0 and 1 take even packs, those of games 2 and 3 odd ones.
        for visit in 0..<600 {
            let half = visit % 2
            let games = [0, 1].map { game in
                ClaimLog.RegisteredGame(game: UInt8(2 * half + game), registeredAtS: 1_700_000_000)
            }
            let open = packs.filter { Int(catalog.gifts[Int($0)].game) / 2 == half }
            let shown = open.shuffled(using: &random)
            let claimed = shown.firstIndex { $0 % 2 == UInt16(half) }
            let isNew = visit >= 580
            log.append(
                .init(
                    atMs: Int64(visit), user: UInt64(isNew ? 1000 + visit : visit % 40), games: games,
                    shown: shown, claimed: isNew ? nil : claimed))
        }
        let (sample, model) = learn(log)
        #expect(sample.games.allSatisfy { $0 == 0b11 || $0 == 0b1100 })
        for person in 40..<60 {
            let half = sample.games[person] == 0b11 ? 0 : 1
            func liking(_ pack: UInt16) -> Float {
                (0..<model.rank).reduce(Float(0)) {
                    $0 + model.tastes[person * model.rank + $1]
                        * model.features[Int(pack) * model.rank + $1]
                } + model.appeal[Int(pack)]
            }
            let open = packs.filter { Int(catalog.gifts[Int($0)].game) / 2 == half }
            let best = open.max { liking($0) < liking($1) }
            #expect(best.map { $0 % 2 == UInt16(half) } == true)
        }
    }

    @Test("the same log and seed give the same numbers")
    func deterministic() {
        let log = halves(people: 10, visits: 100)
        let (one, other) = (learn(log).1, learn(log).1)
        #expect(one.tastes == other.tastes && one.features == other.features && one.appeal == other.appeal)
        #expect(one.tastes.allSatisfy(\.isFinite) && one.features.allSatisfy(\.isFinite))
        #expect(learn(log, seed: 2).1.features != one.features)
    }

    @Test("only a choice among packs that could be had is one")
    func sample() {
        var log = ClaimLog(catalog: catalog)
        let games = [ClaimLog.RegisteredGame(game: 0, registeredAtS: 1_700_000_000)]
        // Slots 1 to 3 are open to the person, 0 and 4 are not.
        log.append(.init(atMs: 1, user: 1, games: games, shown: [0, 2, 4, 1], claimed: 3))
        log.append(.init(atMs: 2, user: 1, games: games, shown: [2, 1], claimed: nil))
        log.append(.init(atMs: 3, user: 1, games: games, shown: [0, 2, 4], claimed: 1))
        let sample = ChoiceSample(log, visits: 0..<3)
        #expect(sample.count == 1 && sample.starts == [0, 2])
        #expect(sample.gift == [2, 1] && sample.place == [1, 3] && sample.taken == [1])
        #expect(ChoiceSample(log, visits: [1, 2]).count == 0)
    }

    @Test("a pack is no less liked for standing far down the page")
    func places() {
        // Everybody takes the first pack with probability 3/4, whichever it is.
        var log = ClaimLog(catalog: catalog)
        let games = catalog.games.map { ClaimLog.RegisteredGame(game: $0.slot, registeredAtS: 1_700_000_000) }
        var random = SplitMix64(seed: 23)
        for visit in 0..<2000 {
            // Slot 1 stands first four times of five.
            let isFirst = random.next() % 5 != 0
            let shown: [UInt16] = isFirst ? [1, 2] : [2, 1]
            log.append(
                .init(
                    atMs: Int64(visit), user: UInt64(visit), games: games, shown: shown,
                    claimed: random.next() % 4 == 0 ? 1 : 0))
        }
        let (_, model) = learn(log)
        #expect(abs(model.appeal[1] - model.appeal[2]) < 0.3)
        #expect((-1.5)...(-0.7) ~= model.placeAppeal[1], "ln(1/3) = -1.1")
        let popularity = SegmentPopularity(log, visits: 0..<log.count, placeAppeal: model.placeAppeal)
        let regular = Segment.regular.rawValue
        #expect(abs(popularity.shares[1][regular] - popularity.shares[2][regular]) < 0.15)
    }

    @Test("few impressions are drawn towards what is usual")
    func smoothing() {
        #expect(SegmentPopularity.average(0, of: 0, prior: 0.3) == 0.3)
        #expect(SegmentPopularity.average(1, of: 1, prior: 0.1) < 0.15)
        #expect(abs(SegmentPopularity.average(5000, of: 10_000, prior: 0.1) - 0.5) < 0.001)
        var log = ClaimLog(catalog: catalog)
        let games = [ClaimLog.RegisteredGame(game: 0, registeredAtS: 1_700_000_000)]
        for visit in 0..<100 {
            log.append(
                .init(
                    atMs: 0, user: UInt64(visit), games: games, shown: [1, 2, 3],
                    claimed: visit % 4 == 0 ? 1 : 0))
        }
        let shares = SegmentPopularity(log, visits: 0..<100, placeAppeal: [0, 0, 0]).shares
        let casual = Segment.casual.rawValue
        #expect(shares.joined().allSatisfy { (0...1).contains($0) })
        #expect(shares[1][casual] == shares.joined().max())
        #expect(shares[1][casual] > shares[2][casual] && shares[2][casual] > shares[3][casual])
        // Never shown: what is usual. Shown to casual players alone: others are thought to be like them.
        #expect(shares[20][casual] > shares[3][casual] && shares[20][casual] < shares[1][casual])
        #expect(shares[1][Segment.stranger.rawValue] > shares[2][Segment.stranger.rawValue])
    }
}
