import CampaignFiles
import Catalog
import Foundation
import Stack

/// The campaign that is fought over: two games, five packs, and enough partitions that an in-memory broker
/// keeps every record of the run.
struct TortureCampaign {
    static let id = "torture"
    static let games = ["carp", "crane"]
    static let region = "r0"
    /// A broker in memory keeps 5 MiB a partition; so many orders' records are well below that.
    private static let ordersAPartition = 2000
    /// Claims in one hash of Redis.
    private static let claimsABucket = 48

    let directory: String
    let scale: TortureScale

    init(_ scale: TortureScale, in run: RunDirectory) throws {
        self.scale = scale
        directory = try run.directory(Self.id)
        let files = ["campaign.json": campaign, "games.json": games, "gifts.json": gifts]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
    }

    static func giftID(_ slot: Int) -> String { "pack-\(slot)" }
    /// Packs are dealt to the games in turn.
    static func game(ofGift slot: Int) -> Int { slot % games.count }

    private var shards: Int { scale.packs < 5000 ? 4 : 16 }
    private var buckets: Int { max(4, scale.packs / shards / Self.claimsABucket) }
    private var partitions: Int { min(64, max(4, scale.packs / Self.ordersAPartition)) }

    private var campaign: String {
        """
        {"id": "\(Self.id)", "title": {"en": "Torture", "zh": "磨炼"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": 1000, "burst": 200}, "deliveryWindowMs": 172800000,
         "storage": {"shards": \(shards), "claimBuckets": \(buckets), "ordersPartitions": \(partitions),
          "outcomesPartitions": 2, "retryTiersMs": [30000], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 4}}
        """
    }

    private var games: String {
        let entries = Self.games.enumerated().map { slot, id in
            """
            {"id": "\(id)", "slot": \(slot), "name": {"en": "\(id)", "zh": "游"},
              "limit": {"perSecond": 1000, "burst": 100}, "maxConcurrency": 50,
              "requestTimeoutMs": 1000, "connectTimeoutMs": 500,
              "endpoint": "http://127.0.0.1:1/grant", "queryEndpoint": null, "idempotent": true,
              "roleServiceEndpoint": "http://127.0.0.1:${HONGBAO_ROLES_PORT}/roles?user={user}",
              "regions": [{"id": "\(Self.region)", "slot": 0, "name": {"en": "R0", "zh": "零"}},
               {"id": "r1", "slot": 1, "name": {"en": "R1", "zh": "一"}}]}
            """
        }
        return "{\"games\": [\(entries.joined(separator: ",\n"))]}"
    }

    private var gifts: String {
        let entries = scale.stock.enumerated().map { slot, stock in
            """
            {"id": "\(Self.giftID(slot))", "slot": \(slot), "game": "\(Self.games[Self.game(ofGift: slot)])",
             "title": {"en": "Pack \(slot)", "zh": "礼"}, "image": "a.svg", "audience": "everyone",
             "stock": \(stock), "items": [{"id": "gold", "count": 1}], "highValue": false, "features": [],
             "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}
            """
        }
        return "{\"gifts\": [\(entries.joined(separator: ",\n"))]}"
    }
}
