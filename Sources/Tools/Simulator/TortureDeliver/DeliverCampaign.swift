import Foundation
import Stack

/// The campaign of the delivery torture: ten games of four kinds, one pack each, and enough partitions that
/// an in-memory broker keeps every record of the run.
struct DeliverCampaign: Sendable {
    /// What a game lets a sender find out, and repeat.
    enum Kind: String, Sendable, CaseIterable {
        case idempotentWithQuery = "idempotent, query"
        case idempotent = "idempotent"
        case queryOnly = "query"
        case neither = "neither"

        var isIdempotent: Bool { self == .idempotent || self == .idempotentWithQuery }
        var hasQuery: Bool { self == .queryOnly || self == .idempotentWithQuery }
    }

    static let id = "torture-deliver"
    /// By game slot.
    static let kinds: [Kind] = [
        .idempotentWithQuery, .idempotent, .queryOnly, .neither, .idempotentWithQuery, .idempotent,
        .queryOnly, .neither, .idempotentWithQuery, .queryOnly,
    ]
    static let names = [
        "carp", "crane", "dragon", "heron", "magpie", "panda", "rabbit", "swallow", "tiger", "tortoise",
    ]
    /// From the start of a request to its last byte.
    static let requestTimeoutMs = 1000
    /// Below what a partition of a broker in memory keeps, 5 MiB, by a factor of five or more.
    private static let recordsAPartition = 2500
    private static let claimsABucket = 48
    static let retryTiersMs = [500, 2000]

    let directory: String
    let scale: DeliverScale
    /// By game slot: each game has a port of its own.
    let ports: [Int]

    init(_ scale: DeliverScale, ports: [Int], in run: RunDirectory) throws {
        self.scale = scale
        self.ports = ports
        directory = try run.directory(Self.id)
        let files = ["campaign.json": campaign, "games.json": games, "gifts.json": gifts]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
    }

    private var shards: Int { scale.orders < 10_000 ? 4 : 16 }
    private var buckets: Int { max(4, scale.orders / shards / Self.claimsABucket) }
    private var ordersPartitions: Int {
        min(16, max(4, scale.orders / Self.names.count / Self.recordsAPartition))
    }
    /// An order has one outcome, and under blows some more.
    private var outcomesPartitions: Int { min(128, max(4, 3 * scale.orders / Self.recordsAPartition)) }

    private var campaign: String {
        """
        {"id": "\(Self.id)", "title": {"en": "Torture", "zh": "磨炼"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": \(scale.totalPerSecond), "burst": \(scale.totalBurst)},
         "deliveryWindowMs": 172800000,
         "storage": {"shards": \(shards), "claimBuckets": \(buckets),
          "ordersPartitions": \(ordersPartitions), "outcomesPartitions": \(outcomesPartitions),
          "retryTiersMs": [\(Self.retryTiersMs.map(String.init).joined(separator: ", "))], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 4}}
        """
    }

    private var games: String {
        let entries = Self.names.enumerated().map { slot, id in
            let (base, kind) = ("http://127.0.0.1:\(ports[slot])", Self.kinds[slot])
            let query = kind.hasQuery ? "\"\(base)/games/\(id)/orders/{order}\"" : "null"
            return """
                {"id": "\(id)", "slot": \(slot), "name": {"en": "\(id)", "zh": "游"},
                  "limit": {"perSecond": \(scale.gamePerSecond), "burst": \(scale.gameBurst)},
                  "maxConcurrency": \(scale.gameConcurrency), "requestTimeoutMs": \(Self.requestTimeoutMs),
                  "connectTimeoutMs": 500, "endpoint": "\(base)/games/\(id)/grant",
                  "queryEndpoint": \(query), "idempotent": \(kind.isIdempotent),
                  "roleServiceEndpoint": "\(base)/roles/\(id)?user={user}",
                  "regions": [{"id": "r0", "slot": 0, "name": {"en": "R0", "zh": "零"}},
                   {"id": "r1", "slot": 1, "name": {"en": "R1", "zh": "一"}}]}
                """
        }
        return "{\"games\": [\(entries.joined(separator: ",\n"))]}"
    }

    private var gifts: String {
        let stock = scale.orders + DeliverFill.spareAShard * shards
        let entries = Self.names.enumerated().map { slot, game in
            """
            {"id": "pack-\(slot)", "slot": \(slot), "game": "\(game)", "title": {"en": "Pack", "zh": "礼"},
             "image": "a.svg", "audience": "everyone", "stock": \(stock),
             "items": [{"id": "gold", "count": 1}], "highValue": false, "features": [],
             "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}
            """
        }
        return "{\"gifts\": [\(entries.joined(separator: ",\n"))]}"
    }
}
