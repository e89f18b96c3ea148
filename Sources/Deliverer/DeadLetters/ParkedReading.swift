import Catalog
import OrderStore
import Orders

/// An order that waits for a person to find out whether its game granted it.
struct ParkedOrder: Sendable, Equatable {
    let id: OrderID
    /// Attempts made.
    let made: UInt16
    /// nil: no claim of it is in Redis, or it is of another catalog.
    var order: Order?
}

/// Finds parked orders in Redis: an attempt was made of each, so that the shards' small hashes of open
/// attempts name all that may be parked; their states tell which are, and a walk over the claims of the
/// shards that have some tells whose they are. Kafka is not read.
enum ParkedReading {
    /// Orders listed at most.
    static let maxListed = 100_000

    /// - Parameters:
    ///   - games: slots; empty: all.
    ///   - limit: orders at most; further ones are only counted.
    /// - Returns: by order ID, and how many there are beyond the limit (of any game, since their claims are
    ///   not looked up).
    static func all(
        _ stores: DeskStores, games: Set<UInt8>, limit: Int
    ) async throws -> (orders: [ParkedOrder], beyond: Int) {
        let store = stores.store
        var made: [OrderID: UInt16] = [:]
        var beyond: Set<OrderID> = []
        for shard in 0..<UInt16(store.keys.shards) {
            try await store.attempted(shard: shard) { page in
                let states = try await store.standings(page.map(\.order))
                for ((order, attempts), state) in zip(page, states) where state == .parked {
                    if made.count < maxListed {
                        made[order] = attempts
                    } else if made[order] == nil {
                        beyond.insert(order)
                    }
                }
            }
        }
        let found = try await details(stores, made)
        let meant = found.filter {
            games.isEmpty || $0.order.map { games.contains(game($0, stores)) } ?? true
        }
        return (Array(meant.prefix(limit)), meant.count - min(limit, meant.count) + beyond.count)
    }

    /// Orders with their claims, by ID.
    static func details(_ stores: DeskStores, _ made: [OrderID: UInt16]) async throws -> [ParkedOrder] {
        let claims = try await stores.store.claims(of: Set(made.keys))
        return made.sorted { $0.key < $1.key }.map { id, attempts in
            ParkedOrder(
                id: id, made: attempts, order: claims[id].flatMap { isKnown($0, stores.catalog) ? $0 : nil })
        }
    }

    private static func game(_ order: Order, _ stores: DeskStores) -> UInt8 { stores.game(of: order).slot }

    private static func isKnown(_ order: Order, _ catalog: Catalog) -> Bool {
        catalog.gifts.indices.contains(Int(order.gift))
            && catalog.games[Int(catalog.gifts[Int(order.gift)].game)].regions.indices
                .contains(Int(order.region))
    }
}
