import Catalog
import Testing
import Wire

@testable import Profiles

@Suite("The order of gift packs, whatever there is to order")
struct RankingPropertyTests {
    /// A campaign and a person, at random.
    private struct World {
        let catalog: Catalog
        let ranking: Ranking
        let standings: [GiftStanding]
        let preference: [Float]
        let segment: Segment
        let nowMs: Int64

        init(gifts: Int? = nil, neighbours: Int?, using random: inout SplitMix64) {
            let gifts = gifts ?? Int.random(in: 1...120, using: &random)
            let games = Int.random(in: 1...12, using: &random)
            let dimensions = Int.random(in: 1...40, using: &random)
            let weights = RankingWeights(
                preference: .random(in: 0...1, using: &random),
                popularity: .random(in: 0...1, using: &random),
                freshness: .random(in: 0...1, using: &random), freshHalfLifeMs: 1000, dimensions: dimensions,
                neighbours: neighbours)
            // Few different values, so that there are ties.
            let isCoarse = random.next() % 3 == 0
            func number(_ random: inout SplitMix64) -> Float {
                isCoarse
                    ? [0, 0.5, 1].randomElement(using: &random)! : .random(in: 0...1, using: &random)
            }
            let all = (0..<gifts).map { slot in
                ProfileFixture.gift(
                    UInt16(slot), game: UInt8.random(in: 0..<UInt8(games), using: &random),
                    features: random.next() % 8 == 0 ? [] : (0..<dimensions).map { _ in number(&random) },
                    popularity: number(&random), freshAtMs: Int64.random(in: 0...4000, using: &random),
                    popularityBySegment: (0..<3).map { _ in number(&random) })
            }
            catalog = ProfileFixture.catalog(gifts: all, games: games, weights: weights)
            ranking = Ranking(catalog: catalog)
            standings = all.map { _ in GiftStanding.allCases.randomElement(using: &random)! }
            let hasVector = random.next() % 3 != 0
            preference = hasVector ? (0..<dimensions).map { _ in number(&random) - 0.5 } : []
            segment = Segment.allCases.randomElement(using: &random)!
            nowMs = Int64.random(in: 0...8000, using: &random)
        }

        func order(into scratch: inout RankingScratch, preference: [Float]? = nil) -> [UInt16] {
            standings.withUnsafeBufferPointer { standings in
                (preference ?? self.preference).withUnsafeBufferPointer { vector in
                    ranking.order(
                        standings: standings, preference: vector, segment: segment,
                        common: ranking.common(nowMs: nowMs), into: &scratch)
                }
            }
            return Array(scratch.order)
        }
    }

    @Test("all packs, once each, no standing before a better one, each standing by score and then by slot")
    func order() {
        var random = SplitMix64(seed: 91)
        var scratch = RankingScratch()
        for _ in 0..<150 {
            let world = World(neighbours: nil, using: &random)
            let order = world.order(into: &scratch)
            #expect(order.sorted() == Array(0..<UInt16(world.standings.count)))
            let levels = order.map { world.standings[Int($0)] }
            #expect(levels == levels.sorted())
            if world.preference.isEmpty {
                let scores = plainScores(world)
                for (one, next) in zip(order, order.dropFirst()) {
                    guard world.standings[Int(one)] == world.standings[Int(next)] else { continue }
                    let (a, b) = (scores[Int(one)], scores[Int(next)])
                    #expect(a > b || (a == b && one < next))
                }
            }
        }
    }

    /// What the formula says for a person without a vector, by gift slot.
    private func plainScores(_ world: World) -> [Float] {
        let count = world.standings.count
        let plain = world.ranking.common(nowMs: world.nowMs).plain
        return Array(plain[(world.segment.rawValue * count)...].prefix(count))
    }

    @Test("a used scratch gives what a fresh one gives, and the same question the same answer")
    func scratch() {
        var random = SplitMix64(seed: 92)
        var used = RankingScratch()
        for round in 0..<100 {
            let world = World(neighbours: round % 2 == 0 ? 2 : nil, using: &random)
            var fresh = RankingScratch()
            let order = world.order(into: &used)
            #expect(order == world.order(into: &fresh))
            #expect(order == world.order(into: &used))
            #expect(
                order
                    == world.ranking.order(
                        standings: world.standings, preference: world.preference, segment: world.segment,
                        nowMs: world.nowMs))
        }
    }

    @Test("a thousand packs are ordered as a plain sort orders them")
    func many() {
        var random = SplitMix64(seed: 93)
        var scratch = RankingScratch()
        for gifts in [41, 300, CatalogLimits.gifts] {
            for _ in 0..<3 {
                let world = World(gifts: gifts, neighbours: nil, using: &random)
                let order = world.order(into: &scratch)
                let scores =
                    world.preference.isEmpty
                    ? plainScores(world) : (0..<gifts).map { scratch.scores[$0] }
                let plain = (0..<gifts).sorted { one, other in
                    let (a, b) = (world.standings[one], world.standings[other])
                    if a != b { return a < b }
                    return scores[one] != scores[other] ? scores[one] > scores[other] : one < other
                }
                #expect(order == plain.map { UInt16($0) })
            }
        }
    }

    @Test("bytes of a vector order as its numbers do")
    func bytes() {
        var random = SplitMix64(seed: 94)
        var scratch = RankingScratch()
        for _ in 0..<100 {
            let world = World(neighbours: nil, using: &random)
            let bytes = (0..<world.catalog.campaign.ranking.dimensions).map { _ in
                Int8.random(in: -127...127, using: &random)
            }
            _ = world.order(into: &scratch, preference: bytes.map { Float($0) * 0.03 })
            let byNumbers = (0..<world.standings.count).map { scratch.scores[$0] }
            world.standings.withUnsafeBufferPointer { standings in
                bytes.withUnsafeBufferPointer { bytes in
                    world.ranking.order(
                        standings: standings, preference: bytes, segment: world.segment,
                        common: world.ranking.common(nowMs: world.nowMs), into: &scratch)
                }
            }
            guard bytes.contains(where: { $0 != 0 }) else { continue }
            for slot in byNumbers.indices { #expect(abs(byNumbers[slot] - scratch.scores[slot]) < 1e-5) }
            #expect(Array(scratch.order).sorted() == Array(0..<UInt16(world.standings.count)))
        }
    }

    // MARK: - Neighbours

    @Test("no more neighbours of one game than allowed wherever another game's pack could stand between")
    func neighbours() {
        var random = SplitMix64(seed: 95)
        var scratch = RankingScratch()
        for _ in 0..<200 {
            let most = Int.random(in: 1...4, using: &random)
            let world = World(neighbours: most, using: &random)
            let order = world.order(into: &scratch)
            #expect(order.sorted() == Array(0..<UInt16(world.standings.count)))
            let levels = order.map { world.standings[Int($0)] }
            #expect(levels == levels.sorted())
            for level in GiftStanding.allCases {
                let part = order.filter { world.standings[Int($0)] == level }
                check(part.map { world.catalog.gifts[Int($0)].game }, most: most)
            }
        }
    }

    /// Where one game's run is too long, all that comes after it in the level is of that game.
    private func check(_ games: [UInt8], most: Int) {
        var run = 0
        for (place, game) in games.enumerated() {
            run = place > 0 && games[place - 1] == game ? run + 1 : 1
            if run > most { #expect(games[place...].allSatisfy { $0 == game }, "\(games), at most \(most)") }
        }
    }

    @Test("packs of one game keep their order, and a bound that is never reached changes nothing")
    func stable() {
        var random = SplitMix64(seed: 96)
        var scratch = RankingScratch()
        for _ in 0..<80 {
            let world = World(neighbours: Int.random(in: 1...3, using: &random), using: &random)
            let spread = world.order(into: &scratch)
            let plain = unbounded(world).order(
                standings: world.standings, preference: world.preference, segment: world.segment,
                nowMs: world.nowMs)
            for level in GiftStanding.allCases {
                for game in world.catalog.games {
                    func own(_ order: [UInt16]) -> [UInt16] {
                        order.filter { slot in
                            world.standings[Int(slot)] == level
                                && world.catalog.gifts[Int(slot)].game == game.slot
                        }
                    }
                    #expect(own(spread) == own(plain))
                }
            }
            let roomy = unbounded(world, neighbours: 16).order(
                standings: world.standings, preference: world.preference, segment: world.segment,
                nowMs: world.nowMs)
            if longestRun(plain, world) <= 16 { #expect(roomy == plain) }
        }
    }

    private func unbounded(_ world: World, neighbours: Int? = nil) -> Ranking {
        let own = world.catalog.campaign.ranking
        let weights = RankingWeights(
            preference: own.preference, popularity: own.popularity, freshness: own.freshness,
            freshHalfLifeMs: own.freshHalfLifeMs, dimensions: own.dimensions, neighbours: neighbours)
        return Ranking(
            catalog: ProfileFixture.catalog(
                gifts: world.catalog.gifts, games: world.catalog.games.count, weights: weights))
    }

    private func longestRun(_ order: [UInt16], _ world: World) -> Int {
        var (run, longest) = (0, 0)
        for (place, slot) in order.enumerated() {
            let game = world.catalog.gifts[Int(slot)].game
            run = place > 0 && world.catalog.gifts[Int(order[place - 1])].game == game ? run + 1 : 1
            longest = max(longest, run)
        }
        return longest
    }

    @Test("the best pack comes first, and each place has the best that may stand there")
    func greedy() {
        // Games by score: 0 0 0 1 1 0 2, at most one neighbour, then two.
        let games: [UInt8] = [0, 0, 0, 1, 1, 0, 2]
        let expected: [Int: [UInt16]] = [
            1: [0, 3, 1, 4, 2, 6, 5], 2: [0, 1, 3, 2, 4, 5, 6], 3: Array(0..<7),
        ]
        for (most, order) in expected {
            let weights = RankingWeights(
                preference: 0, popularity: 1, freshness: 0, freshHalfLifeMs: 1000, dimensions: 1,
                neighbours: most)
            let gifts = games.enumerated().map { slot, game in
                ProfileFixture.gift(UInt16(slot), game: game, popularity: 1 - Float(slot) / 10)
            }
            let ranking = Ranking(catalog: ProfileFixture.catalog(gifts: gifts, games: 3, weights: weights))
            let got = ranking.order(
                standings: Array(repeating: .claimable, count: 7), preference: [], nowMs: 0)
            #expect(got == order)
        }
    }
}
