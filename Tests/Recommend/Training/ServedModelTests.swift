import CampaignFiles
import Catalog
import Foundation
import Profiles
import Testing
import Wire

@testable import Recommend

@Suite("A learned model as it is served")
struct ServedModelTests {
    private let catalog: Catalog
    /// When the shipped packs are of many ages.
    private static let nowMs: Int64 = 1_772_000_000_000

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    /// Everybody has chosen among all packs, and what was learned is random.
    private func world(people: Int, using random: inout SplitMix64) -> (ChoiceModel, ServedModel) {
        var log = ClaimLog(catalog: catalog)
        let games = catalog.games.map { ClaimLog.RegisteredGame(game: $0.slot, registeredAtS: 1_700_000_000) }
        for user in 0..<people {
            for slot in catalog.gifts.indices {
                log.append(
                    .init(
                        atMs: Self.nowMs, user: UInt64(user), games: games,
                        shown: [UInt16(slot), UInt16((slot + 1) % catalog.gifts.count)], claimed: 0))
            }
        }
        let sample = ChoiceSample(log, visits: 0..<log.count)
        let rank = 6
        func numbers(_ count: Int, _ size: Float) -> [Float] {
            (0..<count).map { _ in .random(in: -size...size, using: &random) }
        }
        let model = ChoiceModel(
            rank: rank, tastes: numbers(people * rank, 1.5), features: numbers(catalog.gifts.count * rank, 2),
            appeal: numbers(catalog.gifts.count, 1.5), placeAppeal: [0])
        let popularity = SegmentPopularity(log, visits: 0..<log.count, placeAppeal: model.placeAppeal)
        let served = ServedModel(
            model, sample: sample, popularity: popularity, catalog: catalog, nowMs: Self.nowMs)
        return (model, served)
    }

    @Test("cosine, popularity and freshness put packs in the order of what was learned")
    func sameOrder() throws {
        var random = SplitMix64(seed: 31)
        let (model, served) = world(people: 40, using: &random)
        let ranking = Ranking(catalog: catalog.with(model: served.gifts))
        let standings = [GiftStanding](repeating: .claimable, count: catalog.gifts.count)
        var (inversions, pairs) = (0, 0)
        for person in 0..<40 {
            let vector = try #require(served.vector(of: person))
            let profile = Profile(user: 1, preference: vector, fetchedAtS: 0)
            let stored = try ProfileCodec.decode(ProfileCodec.encode(profile), user: 1)
            let order = ranking.order(
                standings: standings, preference: stored.preference, nowMs: Self.nowMs)
            let utilities = order.map { slot in
                (0..<model.rank).reduce(model.appeal[Int(slot)]) {
                    $0 + model.tastes[person * model.rank + $1]
                        * model.features[Int(slot) * model.rank + $1]
                }
            }
            for (one, next) in zip(utilities, utilities.dropFirst()) {
                pairs += 1
                // A vector is bytes by now: what differs by less than their steps may change places.
                if next > one + 0.15 { inversions += 1 }
            }
        }
        // One taste of a hundred is longer than the scale and cut.
        #expect(inversions <= pairs / 100)
    }

    @Test("vectors and features are unit vectors, and popularities shares")
    func ranges() throws {
        var random = SplitMix64(seed: 32)
        let (_, served) = world(people: 10, using: &random)
        func length(_ vector: [Float]) -> Float { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        for person in 0..<10 {
            let vector = try #require(served.vector(of: person))
            #expect(vector.count == 32 && abs(length(vector) - 1) < 0.001 && vector[31] == 0)
        }
        #expect(served.gifts.count == catalog.gifts.count)
        for gift in served.gifts.values {
            #expect(gift.features.count == 32 && abs(length(gift.features) - 1) < 0.001)
            #expect(gift.features[30] == 0)
            #expect((0...1).contains(gift.popularity))
            #expect(gift.popularityBySegment.allSatisfy { (0...1).contains($0) })
        }
        #expect(served.gifts.values.map(\.popularity).min() == 0)
    }

    @Test("the file is what a campaign loads, number for number")
    func file() throws {
        var random = SplitMix64(seed: 33)
        let (_, served) = world(people: 5, using: &random)
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: "\(ShippedCampaign.staticData)/campaigns/spring-festival",
            toPath: "\(directory.path)/spring-festival")
        let campaign = "\(directory.path)/spring-festival"
        var output = try LineOutput("\(campaign)/model.json")
        try output.write(ModelFile.json(served, catalog: catalog))
        try output.finish()
        let loaded = try CampaignDirectory.load(campaign, environment: [:], allowUnset: true)
        #expect(loaded.modelledGifts == catalog.gifts.count)
        #expect(loaded.gifts == catalog.with(model: served.gifts).gifts)
        #expect(loaded.contentHash != catalog.contentHash)
        let report = StaticDataCheck(
            directory: campaign, environment: [:], allowUnset: true
        ).report()
        #expect(report.faults.allSatisfy { $0.contains(".image: ") }, "the pictures are not copied")
        try directory.write("{}", to: "spring-festival/model.json")
        let faults = StaticDataCheck(directory: campaign, environment: [:], allowUnset: true).report().faults
        #expect(faults.contains("\(campaign)/model.json: version: missing"))
    }

    @Test("who neither chose nor plays has no vector, and a pack that nobody chose from has no entry")
    func unknown() throws {
        var log = ClaimLog(catalog: catalog)
        let games = [ClaimLog.RegisteredGame(game: 0, registeredAtS: 1_700_000_000)]
        log.append(.init(atMs: 1, user: 1, games: games, shown: [1, 2, 20], claimed: 0))
        log.append(.init(atMs: 2, user: 2, games: games, shown: [1, 2], claimed: nil))
        log.append(.init(atMs: 3, user: 3, games: [], shown: [1, 2], claimed: nil))
        let learned = LearnedModel(log, visits: 0..<3, training: ChoiceTraining())
        #expect(learned.choices == 1)
        #expect((0..<3).map { learned.served.vector(of: $0) != nil } == [true, true, false])
        #expect(Set(learned.served.gifts.keys) == ["dragon-captain-return", "dragon-tide-chest"])
    }

    @Test("a log without a single choice gives an empty model")
    func empty() {
        let learned = LearnedModel(ClaimLog(catalog: catalog), visits: 0..<0, training: ChoiceTraining())
        #expect(learned.choices == 0 && learned.served.gifts.isEmpty)
    }
}
