import CampaignFiles
import Catalog
import Credentials
import Foundation
import Stack

/// A campaign made for a run: games with the limits that the run is about, one plentiful pack each.
struct DeliverCampaign {
    static let id = "bench-deliver"
    private static let plenty = 900_000_000
    /// Redis keeps a hash of so many entries as a list.
    private static let claimsABucket = 60
    /// Orders that a partition of the local broker surely holds: 5 MiB, some 320 bytes each.
    private static let ordersAPartition = 12_000
    /// Divides evenly among up to three deliverers.
    private static let leastPartitions = 9

    /// One game's agreement.
    struct Game {
        var perSecond: Double
        var burst: Int
        var concurrency: Int
        /// Where it listens on 127.0.0.1.
        var port = 0

        func limit(_ perSecond: Double, burst: Int) -> Game {
            Game(perSecond: perSecond, burst: burst, concurrency: concurrency, port: port)
        }
    }

    /// What all games take together.
    struct Total {
        var perSecond: Double
        var burst: Int
    }

    let directory: String
    let secrets: String
    let catalog: Catalog
    let games: [Game]
    let total: Total

    /// - Parameter orders: the most of one game that it is laid out for.
    init(_ stage: DeliverStage, games: [Game], total: Total, orders: Int, shards: Int = 16) throws {
        self.games = games
        self.total = total
        directory = "\(try stage.run.directory(stage.childName("campaigns")))/\(Self.id)"
        secrets = try stage.run.directory(stage.childName("secrets"))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let buckets = min(65_536, max(16, orders * games.count / shards / Self.claimsABucket))
        // A multiple of three.
        let partitions = max(Self.leastPartitions, (orders / Self.ordersAPartition / 3 + 1) * 3)
        let files = [
            "campaign.json": Self.campaign(total, shards: shards, buckets: buckets, partitions: partitions),
            "games.json": Self.gamesText(games), "gifts.json": Self.giftsText(games.count),
        ]
        for (name, text) in files {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
        catalog = try CampaignDirectory.load(directory, environment: [:])
        for game in catalog.games {
            let master = Secret(Array("a master secret for the bench alone, long".utf8))
            let secret = try WebhookSecret(master: master, label: game.id)
            try (secret.reveal() + "\n")
                .write(toFile: "\(secrets)/\(game.id).secret", atomically: true, encoding: .utf8)
        }
    }

    static func uri(_ game: Int) -> String { "/games/game-\(game)/grant" }

    private static func campaign(_ total: Total, shards: Int, buckets: Int, partitions: Int) -> String {
        """
        {"id": "\(id)", "title": {"en": "Bench", "zh": "量"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": \(total.perSecond), "burst": \(total.burst)},
         "deliveryWindowMs": 172800000,
         "storage": {"shards": \(shards), "claimBuckets": \(buckets), "ordersPartitions": \(partitions),
          "outcomesPartitions": 8, "retryTiersMs": [30000, 120000, 600000], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 32}}
        """
    }

    private static func gamesText(_ games: [Game]) -> String {
        let entries = games.enumerated().map { slot, game in
            """
            {"id": "game-\(slot)", "slot": \(slot), "name": {"en": "G", "zh": "游"},
              "limit": {"perSecond": \(game.perSecond), "burst": \(game.burst)},
              "maxConcurrency": \(game.concurrency), "requestTimeoutMs": 1000, "connectTimeoutMs": 500,
              "endpoint": "http://127.0.0.1:\(game.port)\(uri(slot))", "queryEndpoint": null,
              "idempotent": true, "roleServiceEndpoint": "http://127.0.0.1:1/roles?user={user}",
              "regions": [{"id": "east", "slot": 0, "name": {"en": "East", "zh": "东"}}]}
            """
        }
        return "{\"games\": [\(entries.joined(separator: ",\n"))]}"
    }

    private static func giftsText(_ count: Int) -> String {
        let entries = (0..<count).map { slot in
            """
            {"id": "pack-of-game-\(slot)", "slot": \(slot), "game": "game-\(slot)",
             "title": {"en": "Pack", "zh": "礼"}, "image": "a.svg", "audience": "everyone",
             "stock": \(plenty), "items": [{"id": "gold", "count": 1}], "highValue": false, "features": [],
             "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}
            """
        }
        return "{\"gifts\": [\(entries.joined(separator: ",\n"))]}"
    }
}
