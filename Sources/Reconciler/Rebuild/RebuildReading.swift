import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Redis

/// Reads Redis, then Kafka, into a ``RebuildBook``.
enum RebuildReading {
    /// Claims and outboxes, then Kafka, then states and attempts: what moves on meanwhile moves into what is
    /// read later.
    static func read(
        _ stores: CampaignStores
    ) async throws -> (book: RebuildBook, history: LaneHistory) {
        var book = RebuildBook(stores.catalog)
        try await claims(stores.store, &book)
        let half = book
        let (read, history) = try await stores.blocking { options, logger in
            try queues(half, KafkaReader(options: options, logger: logger))
        }
        book = read
        try await states(stores.store, &book)
        return (book, history)
    }

    // MARK: - Redis

    private static func claims(_ store: OrderStore, _ book: inout RebuildBook) async throws(RedisFailure) {
        for shard in 0..<UInt16(store.keys.shards) {
            for order in try await store.allClaims(shard: shard) { book.claimed(order) }
            let contents = try await store.contents(shard: shard)
            for id in contents.outbox.keys {
                book.stoodInOutbox(id, acceptedAtMs: contents.acceptedAtMs(id) ?? 0)
            }
        }
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

    private static func states(_ store: OrderStore, _ book: inout RebuildBook) async throws(RedisFailure) {
        for shard in 0..<UInt16(store.keys.shards) {
            let contents = try await store.contents(shard: shard)
            for id in contents.attempts.keys { book.attempted(id, made: contents.attemptsMade(id) ?? 0) }
            for id in contents.held.keys {
                book.stoodInHeldIndex(id, firstApprover: contents.firstApprover(id) ?? [])
            }
        }
        for (id, state) in try await store.states(book.orders.keys) { book.stands(id, state) }
    }

    // MARK: - Kafka

    /// Control, held, orders, retries, outcomes, dead. What nobody can read is passed
    /// over; `run` counts it. A topic without all its partitions fails the reading.
    private static func queues(
        _ book: RebuildBook, _ reader: KafkaReader
    ) throws(KafkaFailure) -> (RebuildBook, LaneHistory) {
        var (book, history) = (book, LaneHistory())
        let catalog = book.catalog
        let topics = Topics(campaign: catalog.campaign.id)
        for topic in topics.all(catalog) {
            try TopicScan.demand(topic.name, partitions: topic.partitions, reader: reader)
            for range in try TopicScan.ranges(topic.name, reader: reader).values {
                book.dropped(Int(range.lowerBound))
            }
        }
        try TopicScan.all(topics.control, reader: reader) { _, record in
            guard let record = try? ControlRecord.decode(record.value) else { return }
            history.take(record)
            book.controlled(record)
        }
        try TopicScan.all(topics.held, reader: reader) { _, record in
            if let held = try? HeldRecord.decode(record.value, catalog) { book.stoodInHeld(held.order) }
        }
        for topic in catalog.games.flatMap({ [topics.orders(game: $0.id), topics.retries(game: $0.id)] }) {
            try TopicScan.all(topic, reader: reader) { _, record in
                if let order = try? OrderRecord.decode(record.value, catalog) { book.stoodInQueue(order) }
            }
        }
        try TopicScan.all(topics.outcomes, reader: reader) { _, record in
            guard let outcome = try? OutcomeRecord.decode(record.value) else { return }
            book.cameOut(outcome.order, outcome.outcome, attempt: outcome.attempt)
        }
        try TopicScan.all(topics.dead, reader: reader) { _, record in
            if let dead = try? DeadRecord.decode(record.value, catalog) {
                book.died(dead.order, dead.outcome)
            }
        }
        return (book, history)
    }
}
