import Bench
import CampaignFiles
import Catalog
import Foundation
import Stack
import Wire

/// A campaign for the bench: the one in StaticData, open since a month and for a year to come, or one with
/// as many packs as are wanted.
struct BenchCampaign {
    static let name = "spring-festival"
    private static let dayS: Int64 = 86_400

    /// The directory, for Recommend.
    let directory: String
    let catalog: Catalog
    /// What stands for the placeholders in the campaign's endpoints.
    let environment: [String: String]

    /// - Parameters:
    ///   - packs: nil = StaticData's own.
    ///   - rolesPort: where the role services are; nobody listens on 1.
    init(_ stage: Stage, packs: Int? = nil, rolesPort: Int = 1) throws {
        let source = "\(stage.staticData)/campaigns/\(Self.name)"
        directory = "\(try stage.run.directory(stage.childName("campaigns")))/\(Self.name)"
        environment = ["HONGBAO_ROLES_PORT": "\(rolesPort)", "HONGBAO_GAMES_PORT": "1"]
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for file in CatalogLoader.fileNames + [CatalogLoader.modelFileName] {
            guard let bytes = FileManager.default.contents(atPath: "\(source)/\(file)") else { continue }
            // A generated campaign has no model: its packs are not the ones that were learned.
            if packs != nil, file == CatalogLoader.modelFileName { continue }
            var text = String(decoding: bytes, as: UTF8.self)
            if file == "campaign.json" { text = Self.open(text, nowS: stage.nowS) }
            if file == "gifts.json", let packs {
                text = String(
                    decoding: try Self.gifts(packs, source: source, nowS: stage.nowS), as: UTF8.self)
            }
            try text.write(toFile: "\(directory)/\(file)", atomically: true, encoding: .utf8)
        }
        catalog = try CampaignDirectory.load(directory, environment: environment)
    }

    private static func open(_ text: String, nowS: Int64) -> String {
        func time(_ days: Int64) -> String { UTCTimestamp.rfc3339(unixMs: (nowS + days * dayS) * 1000) }
        return
            text
            .replacing(#/"opensAt": "[^"]*"/#, with: "\"opensAt\": \"\(time(-30))\"")
            .replacing(#/"closesAt": "[^"]*"/#, with: "\"closesAt\": \"\(time(365))\"")
            .replacing(#/"endsAt": "[^"]*"/#, with: "\"endsAt\": \"\(time(368))\"")
    }

    // MARK: - Generated packs

    /// gifts.json with `count` packs, dealt to the games in turn.
    private static func gifts(_ count: Int, source: String, nowS: Int64) throws -> [UInt8] {
        let original = try CampaignDirectory.load(source, allowUnset: true)
        var random = SplitMix64(seed: Stage.seed ^ UInt64(count))
        var json = JSONWriter(reserving: 1024 * count)
        json.beginObject()
        json.key("gifts")
        json.beginArray()
        for slot in 0..<count {
            let like = original.gifts[slot % original.gifts.count]
            write(slot, like: like, of: original, nowS: nowS, &random, &json)
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(
        _ slot: Int, like gift: Gift, of catalog: Catalog, nowS: Int64, _ random: inout SplitMix64,
        _ json: inout JSONWriter
    ) {
        let game = catalog.games[slot % catalog.games.count]
        json.beginObject()
        json.key("id")
        json.string("\(game.id.prefix(20))-\(slot)")
        json.key("slot")
        json.integer(Int64(slot))
        json.key("game")
        json.string(game.id)
        json.key("title")
        json.localized(gift.title)
        json.key("image")
        json.string(gift.image)
        json.key("audience")
        json.string(gift.audience.rawValue)
        json.key("stock")
        json.integer(1000)
        json.key("items")
        json.raw(Array(#"[{"id":"item","count":1}]"#.utf8))
        json.key("highValue")
        json.bool(false)
        json.key("features")
        json.beginArray()
        for _ in 0..<catalog.campaign.ranking.dimensions {
            json.double((Double.random(in: -1...1, using: &random) * 100).rounded() / 100)
        }
        json.endArray()
        json.key("popularity")
        json.double(Double(random.next() % 100) / 100)
        json.key("freshAt")
        json.string(UTCTimestamp.rfc3339(unixMs: (nowS - Int64(random.next() % 60) * dayS) * 1000))
        json.endObject()
    }
}
