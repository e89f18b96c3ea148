import Foundation
import Stack

/// A small campaign on disk: one game, a gift with plenty of stock, one that is scarce, one of high value.
struct ClaimCampaign {
    static let id = "claim-test"
    static let scarceStock = 150

    let directory: String

    /// - Parameter edits: what stands in place of what, in all files.
    init(in run: RunDirectory, edits: [String: String] = [:]) throws {
        directory = try run.directory(Self.id)
        try write(edits)
    }

    /// Writes the files anew, with other edits.
    func write(_ edits: [String: String]) throws {
        let files = ["campaign.json": Self.campaign, "games.json": Self.games, "gifts.json": Self.gifts]
        for (name, original) in files {
            let text = edits.reduce(original) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
    }

    private static let campaign = """
        {"id": "\(id)", "title": {"en": "Claim", "zh": "领取"}, "opensAt": "2020-01-01T00:00:00Z",
         "closesAt": "2090-01-01T00:00:00Z", "endsAt": "2090-01-03T00:00:00Z",
         "couponKinds": [{"id": "scan", "slot": 0, "title": {"en": "Scan", "zh": "扫"}}],
         "totalLimit": {"perSecond": 1000, "burst": 200}, "deliveryWindowMs": 172800000,
         "storage": {"shards": 8, "claimBuckets": 32, "ordersPartitions": 2,
          "outcomesPartitions": 2, "retryTiersMs": [30000], "replication": 1},
         "ranking": {"preference": 1, "popularity": 0, "freshness": 0, "freshHalfLifeMs": 60000,
          "dimensions": 4}}
        """

    private static let games = """
        {"games": [{"id": "carp", "slot": 0, "name": {"en": "Carp", "zh": "鲤"},
          "limit": {"perSecond": 1000, "burst": 100}, "maxConcurrency": 50,
          "requestTimeoutMs": 1000, "connectTimeoutMs": 500,
          "endpoint": "http://127.0.0.1:1/grant", "queryEndpoint": null, "idempotent": true,
          "roleServiceEndpoint": "http://127.0.0.1:${HONGBAO_ROLES_PORT}/roles?user={user}",
          "regions": [{"id": "r0", "slot": 0, "name": {"en": "R0", "zh": "零"}},
           {"id": "r1", "slot": 1, "name": {"en": "R1", "zh": "一"}}]}]}
        """

    private static let gifts = """
        {"gifts": [\(gift("plenty", 0, stock: 1_000_000)), \(gift("scarce", 1, stock: scarceStock)),
         \(gift("jewel", 2, stock: 100, isHighValue: true))]}
        """

    private static func gift(_ id: String, _ slot: Int, stock: Int, isHighValue: Bool = false) -> String {
        """
        {"id": "\(id)", "slot": \(slot), "game": "carp", "title": {"en": "\(id)", "zh": "礼"},
         "image": "a.svg", "audience": "everyone", "stock": \(stock),
         "items": [{"id": "gold", "count": 1}], "highValue": \(isHighValue), "features": [],
         "popularity": 0.5, "freshAt": "2020-01-01T00:00:00Z"}
        """
    }
}
