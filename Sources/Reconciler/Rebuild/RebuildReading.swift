import Catalog
import OrderLog
import OrderStore
import Orders
import Redis

/// Redis and Kafka as a rebuild reads them: all facts put aside, and taken up again shard by shard.
struct RebuildReading: Sendable {
    let stores: CampaignStores
    /// What is known of the campaign as a whole; of no order.
    let campaign: RebuildBook
    let history: LaneHistory
    private let facts: FactStore

    /// Shards, and one more for orders of shards that the campaign does not have.
    var places: Range<Int> { 0..<(facts.shards + 1) }

    /// Claims and outboxes, then Kafka, all of whose topics must be there. What nobody can read is passed
    /// over; `run` counts it.
    static func read(_ stores: CampaignStores) async throws -> RebuildReading {
        var book = RebuildBook(stores.catalog)
        try await campaign(stores.store, &book)
        let gathered = try await Gathering.read(stores, isWhole: true)
        for record in gathered.control { book.controlled(record) }
        book.passedOver(gathered.foreignClaims)
        book.dropped(gathered.holes)
        return RebuildReading(
            stores: stores, campaign: book, history: gathered.history, facts: gathered.facts)
    }

    /// Everything about the orders of one shard: what was put aside, and what moves on meanwhile, as it
    /// stands now.
    func book(_ place: Int) async throws -> RebuildBook {
        let (empty, facts) = (campaign.ofNoOrders, facts)
        var book = try await stores.onDisk {
            var book = empty
            var outcomes = [Fact]()
            var dead = [Fact]()
            try facts.each(place) { fact in
                switch fact {
                case .outcome: outcomes.append(fact)
                case .dead: dead.append(fact)
                default: book.take(fact)
                }
            }
            for fact in outcomes { book.take(fact) }
            for fact in dead { book.take(fact) }
            return book
        }
        if place < facts.shards { try await states(UInt16(place), &book) }
        return book
    }

    private static func campaign(_ store: OrderStore, _ book: inout RebuildBook) async throws(RedisFailure) {
        for (field, value) in try await store.hash(store.keys.pool) where field.first == UInt8(ascii: "x") {
            let numbers = String(decoding: value, as: UTF8.self).split(separator: ":").compactMap { Int($0) }
            guard numbers.count == 3, let gift = UInt16(exactly: numbers[0]) else { continue }
            book.applied(
                String(decoding: field.dropFirst(), as: UTF8.self),
                RebuildBook.StockAct(gift: gift, add: numbers[1], units: numbers[2]))
        }
        let control = ControlCopy(try await store.hash(store.keys.control))
        for entry in control.acts.entries { book.kept(entry.record) }
        let lanes = try await store.hash(store.keys.lanes)
        if let next = lanes[Array("next".utf8)].flatMap({ UInt32(String(decoding: $0, as: UTF8.self)) }) {
            book.counted(lane: next)
        }
    }

    private func states(_ shard: UInt16, _ book: inout RebuildBook) async throws(RedisFailure) {
        let store = stores.store
        let contents = try await store.contents(shard: shard)
        for id in contents.attempts.keys { book.attempted(id, made: contents.attemptsMade(id) ?? 0) }
        for id in contents.held.keys {
            book.stoodInHeldIndex(id, firstApprover: contents.firstApprover(id) ?? [])
        }
        let runs = StatesChunk.runs(book.orders.ids())
        let chunks = Dictionary(uniqueKeysWithValues: runs.map { ($0.chunk, $0.orders) })
        var read = book
        book = campaign
        try await store.eachStates(runs.map(\.chunk)) { chunk in
            for id in chunks[chunk] ?? [] { read.stands(id, chunk[id]) }
        }
        book = read
    }
}
