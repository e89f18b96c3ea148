import CampaignFiles
import Catalog
import Foundation
import Stack

/// A campaign made for the bench: games with one plentiful pack each, and one pack of which there is a
/// single piece.
struct ClaimCampaign {
    static let id = "bench-claim"
    static let games = 8
    static let plenty = 900_000_000
    static let scarceGift = "scarce"
    /// Entries of one hash at which Redis still keeps it as a list.
    private static let claimsABucket = 60

    let directory: String
    let catalog: Catalog
    let environment: [String: String]

    /// - Parameter orders: for how many it is laid out.
    init(_ stage: ClaimStage, orders: Int, shards: Int = 16) throws {
        directory = "\(try stage.run.directory(stage.childName("campaigns")))/\(Self.id)"
        environment = ["HONGBAO_ROLES_PORT": "1"]
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let buckets = min(65_536, max(16, orders / shards / Self.claimsABucket))
        let files = [
            "campaign.json": Self.campaign(shards: shards, buckets: buckets), "games.json": Self.gamesText,
            "gifts.json": Self.giftsText,
        ]
        for (name, text) in files {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
        catalog = try CampaignDirectory.load(directory, environment: environment)
    }

    private static func campaign(shards: Int, buckets: Int) -> String {
        """
        {"id": "\(id)", "title": {"en": "Bench", "zh": "量"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": 5000, "burst": 750}, "deliveryWindowMs": 172800000,
         "storage": {"shards": \(shards), "claimBuckets": \(buckets), "ordersPartitions": 4,
          "outcomesPartitions": 2, "retryTiersMs": [30000], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 32}}
        """
    }

    private static var gamesText: String {
        let entries = (0..<games).map { slot in
            """
            {"id": "game-\(slot)", "slot": \(slot), "name": {"en": "G", "zh": "游"},
              "limit": {"perSecond": 1000, "burst": 100}, "maxConcurrency": 50,
              "requestTimeoutMs": 1000, "connectTimeoutMs": 500,
              "endpoint": "http://127.0.0.1:1/grant", "queryEndpoint": null, "idempotent": true,
              "roleServiceEndpoint": "http://127.0.0.1:${HONGBAO_ROLES_PORT}/roles?user={user}",
              "regions": [{"id": "east", "slot": 0, "name": {"en": "East", "zh": "东"}},
               {"id": "south", "slot": 1, "name": {"en": "South", "zh": "南"}}]}
            """
        }
        return "{\"games\": [\(entries.joined(separator: ",\n"))]}"
    }

    private static var giftsText: String {
        var entries = (0..<games).map { gift("pack-of-game-\($0)", slot: $0, game: $0, stock: plenty) }
        entries.append(gift(scarceGift, slot: games, game: 0, stock: 1))
        return "{\"gifts\": [\(entries.joined(separator: ",\n"))]}"
    }

    private static func gift(_ id: String, slot: Int, game: Int, stock: Int) -> String {
        """
        {"id": "\(id)", "slot": \(slot), "game": "game-\(game)", "title": {"en": "Pack", "zh": "礼"},
         "image": "a.svg", "audience": "everyone", "stock": \(stock),
         "items": [{"id": "gold", "count": 1}], "highValue": false, "features": [],
         "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}
        """
    }
}
