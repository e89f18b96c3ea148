import CampaignFiles
import Catalog
import Foundation
import Stack

/// A campaign of one game whose orders are written to Kafka by the bench itself.
struct RecordedCampaign {
    static let id = "bench-reconcile"
    static let shards = 64
    /// Redis keeps a hash of so many entries as a list.
    private static let claimsABucket = 60
    /// Orders that a partition of the local broker surely holds: 5 MiB, some 120 bytes each behind lz4.
    private static let ordersAPartition = 40_000

    let directory: String
    let catalog: Catalog

    /// - Parameter orders: that it is laid out for.
    init(_ stage: ReconcileStage, orders: Int) throws {
        directory = "\(try stage.run.directory("campaigns-\(orders)"))/\(Self.id)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let partitions = max(8, orders / Self.ordersAPartition + 1)
        let buckets = max(16, orders / Self.shards / Self.claimsABucket)
        let files = [
            "campaign.json": Self.campaign(partitions: partitions, buckets: buckets),
            "games.json": Self.games, "gifts.json": Self.gifts,
        ]
        for (name, text) in files {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
        catalog = try CampaignDirectory.load(directory, environment: [:])
    }

    private static func campaign(partitions: Int, buckets: Int) -> String {
        """
        {"id": "\(id)", "title": {"en": "Bench", "zh": "量"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": 5000, "burst": 500}, "deliveryWindowMs": 172800000,
         "storage": {"shards": \(shards), "claimBuckets": \(buckets), "ordersPartitions": \(partitions),
          "outcomesPartitions": 8, "retryTiersMs": [30000], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 32}}
        """
    }

    private static let games = """
        {"games": [{"id": "dragon-tide", "slot": 0, "name": {"en": "G", "zh": "游"},
          "limit": {"perSecond": 5000, "burst": 500}, "maxConcurrency": 64, "requestTimeoutMs": 1000,
          "connectTimeoutMs": 500, "endpoint": "http://127.0.0.1:1/grant", "queryEndpoint": null,
          "idempotent": true, "roleServiceEndpoint": "http://127.0.0.1:1/roles?user={user}",
          "regions": [{"id": "east", "slot": 0, "name": {"en": "East", "zh": "东"}}]}]}
        """

    private static let gifts = """
        {"gifts": [{"id": "tide-starter-pack", "slot": 0, "game": "dragon-tide",
          "title": {"en": "Pack", "zh": "礼"}, "image": "a.svg", "audience": "everyone",
          "stock": 900000000, "items": [{"id": "gold", "count": 1}], "highValue": false, "features": [],
          "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}]}
        """
}
