import Catalog
import Orders

/// A campaign small enough that thousands of its worlds run in seconds: one game of each kind.
enum SimulatedCampaign {
    /// Grants once however often it is sent to, and can be asked.
    static let steady: UInt8 = 0
    /// Grants once, cannot be asked.
    static let plain: UInt8 = 1
    /// Grants again on every repeat, but can be asked.
    static let fragile: UInt8 = 2
    /// Grants again on every repeat and cannot be asked: what is unknown there is parked.
    static let blind: UInt8 = 3

    static let partitionsAGame = 2

    /// Of one limit: a second, burst, requests at once.
    private typealias Pace = (perSecond: Int, burst: Int, concurrency: Int)

    /// Limits that a few dozen orders never fill: for stories.
    static let wide = catalog(
        games: Array(repeating: (75, 36, 24), count: 4), total: (300, 150))
    /// Limits so narrow that a single request too many shows: for the law at the receiver.
    static let narrow = catalog(
        games: [(12, 10, 6), (5, 5, 4), (8, 8, 6), (20, 12, 8)], total: (30, 30))

    private static func catalog(games paces: [Pace], total: (perSecond: Int, burst: Int)) -> Catalog {
        let kinds = [
            ("steady", true, true), ("plain", true, false), ("fragile", false, true), ("blind", false, false),
        ]
        let games = kinds.enumerated().map { slot, kind in
            let query = kind.2 ? #""queryEndpoint":"http://127.0.0.1:1/q?order={order}","# : ""
            return #"""
                {"id":"\#(kind.0)","slot":\#(slot),"name":{"en":"G","zh":"G"},
                 "limit":{"perSecond":\#(paces[slot].perSecond),"burst":\#(paces[slot].burst)},
                 "maxConcurrency":\#(paces[slot].concurrency),"requestTimeoutMs":1000,
                 "connectTimeoutMs":500,"endpoint":"http://127.0.0.1:1/g",\#(query)
                 "roleServiceEndpoint":"http://127.0.0.1:1/r/{user}","idempotent":\#(kind.1),
                 "regions":[{"id":"r1","slot":0,"name":{"en":"R","zh":"R"}}]}
                """#
        }
        let gifts = kinds.enumerated().map { slot, kind in
            #"""
            {"id":"p\#(slot)","slot":\#(slot),"game":"\#(kind.0)","title":{"en":"P","zh":"P"},"image":"p.svg",
             "audience":"new","stock":1000,"items":[{"id":"i","count":2}],"highValue":false,"features":[],
             "popularity":0,"freshAt":"2026-01-05T00:00:00Z"}
            """#
        }
        let campaign = #"""
            {"id":"c","title":{"en":"C","zh":"C"},"opensAt":"2026-01-01T00:00:00Z",
             "closesAt":"2026-12-01T00:00:00Z","settlesAt":"2026-12-02T00:00:00Z",
             "endsAt":"2026-12-03T00:00:00Z","couponKinds":[{"id":"k","slot":0,"title":{"en":"K","zh":"K"}}],
             "totalLimit":{"perSecond":\#(total.perSecond),"burst":\#(total.burst)},
             "deliveryWindowMs":172800000,
             "storage":{"shards":1,"claimBuckets":1,"ordersPartitions":\#(partitionsAGame),
             "outcomesPartitions":1,"retryTiersMs":[30000,600000],"replication":1},
             "ranking":{"preference":0.7,"popularity":0.2,"freshness":0.1,"freshHalfLifeMs":60000,
             "dimensions":1}}
            """#
        do {
            return try CatalogLoader.load(
                campaign: Array(campaign.utf8),
                games: Array(#"{"games":[\#(games.joined(separator: ","))]}"#.utf8),
                gifts: Array(#"{"gifts":[\#(gifts.joined(separator: ","))]}"#.utf8), directory: "c")
        } catch {
            fatalError("\(error)")
        }
    }

    /// Records of an order differ only in what an attempt changes: written once and kept.
    static func order(_ number: Int, game: UInt8, deadlineMs: Int64, isResend: Bool = false) -> Order {
        Order(
            id: OrderID(lane: 1, shard: 0, sequence: UInt32(number)), coupon: UInt64(number) + 1, user: 7,
            gift: UInt16(game), region: 0, role: 1, claimedAtMs: SimulatedWorld.startMs,
            deadlineMs: SimulatedWorld.startMs + deadlineMs, isResend: isResend)
    }
}
