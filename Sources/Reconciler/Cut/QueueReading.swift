import Catalog
import Kafka
import OrderLog
import Orders

/// Reads a campaign's topics in the direction of travel into a ``Reconciliation``. Blocks; owned by one
/// thread.
struct QueueReading {
    private let reader: KafkaReader
    private let catalog: Catalog
    private let topics: Topics
    private(set) var facts: Reconciliation
    /// By topic and partition.
    private(set) var sources: [TopicPartition: SourceReading] = [:]

    /// - Parameters:
    ///   - facts: what Redis has told already.
    ///   - sources: what was read before, for a reading that goes on.
    init(
        _ facts: Reconciliation, sources: [TopicPartition: SourceReading] = [:], reader: KafkaReader,
        catalog: Catalog
    ) {
        self.facts = facts
        self.sources = sources
        self.reader = reader
        self.catalog = catalog
        topics = Topics(campaign: catalog.campaign.id)
    }

    /// Held, then where the deliverers stand in orders and retries, then what stands there, then outcomes and
    /// dead.
    ///
    /// The marks come first of all queues: what they have passed has its outcome, or its next record, in a
    /// topic that is read after them.
    mutating func read() throws(KafkaFailure) {
        try scan(topics.held) { facts, order, game, _ in facts.stoodInHeld(order, game: game) }
        let committed = try marks()
        for (topic, game) in queues(topics.orders) {
            try scan(topic, of: game, committed) { facts, order, game, isLive in
                facts.stoodInOrders(order, game: game, isLive: isLive)
            }
        }
        for (topic, game) in queues(topics.retries) {
            try scan(topic, of: game, committed) { facts, order, game, isLive in
                facts.stoodInRetries(order, game: game, isLive: isLive)
            }
        }
        try readOutcomes()
        try readDead()
    }

    private func queues(_ name: (String) -> String) -> [(topic: String, game: UInt8)] {
        catalog.games.map { (name($0.id), $0.slot) }
    }

    private func marks() throws(KafkaFailure) -> [TopicPartition: Int64] {
        var partitions = [TopicPartition]()
        for (topic, _) in queues(topics.orders) + queues(topics.retries) {
            for number in 0..<(try reader.partitions(topic)) {
                partitions.append(TopicPartition(topic: topic, partition: Int32(number)))
            }
        }
        guard !partitions.isEmpty else { return [:] }
        return try reader.committed(group: CampaignTopics.delivererGroup(catalog), partitions)
    }

    /// Reads a topic of order records. Without a mark nobody has taken anything yet: all of it is live.
    private mutating func scan(
        _ topic: String, of game: UInt8? = nil, _ committed: [TopicPartition: Int64] = [:],
        _ take: (inout Reconciliation, Order, UInt8, _ isLive: Bool) -> Void
    ) throws(KafkaFailure) {
        let catalog = catalog
        let ranges = try open(topic)
        for partition in ranges.keys { sources[partition]?.committed = committed[partition] }
        try each(ranges) { facts, partition, record throws(RecordFault) in
            let order = try OrderRecord.decode(record.value, catalog)
            let itsGame = catalog.gifts[Int(order.gift)].game
            guard game == nil || game == itsGame else { throw RecordFault("of another game than its topic") }
            take(&facts, order, itsGame, record.offset >= committed[partition] ?? 0)
        }
    }

    private mutating func readOutcomes() throws(KafkaFailure) {
        let catalog = catalog
        try each(try open(topics.outcomes)) { facts, _, record throws(RecordFault) in
            let outcome = try OutcomeRecord.decode(record.value)
            guard let game = catalog.game(id: outcome.game) else {
                throw RecordFault("of no game of the catalog")
            }
            facts.cameOut(
                outcome.order, outcome.outcome, attempt: outcome.attempt, game: game.slot, atMs: outcome.atMs)
        }
    }

    private mutating func readDead() throws(KafkaFailure) {
        let catalog = catalog
        try each(try open(topics.dead)) { facts, _, record throws(RecordFault) in
            let dead = try DeadRecord.decode(record.value, catalog)
            facts.cameOut(
                dead.order.id, dead.outcome, attempt: dead.order.attempt,
                game: catalog.gifts[Int(dead.order.gift)].game, atMs: dead.atMs)
        }
    }

    /// Reads on from where the reading ended, for some orders only: what seemed to come out and never went in
    /// may have been claimed meanwhile, and what two sources tell differently may have moved on between them.
    mutating func readOn(_ wanted: Set<OrderID>) throws(KafkaFailure) {
        let catalog = catalog
        for (topic, game) in queues(topics.orders) + queues(topics.retries) {
            var after = [Order]()
            try reader.read(try tails(topic)) { _, record in
                if let order = try? OrderRecord.decode(record.value, catalog) { after.append(order) }
            }
            for order in after {
                facts.cameAfterCut(order.id)
                guard wanted.contains(order.id), facts.facts[order.id]?.order != nil else { continue }
                facts.stoodInOrders(order, game: game, isLive: true)
            }
        }
        var ended = [(OrderID, Outcome, UInt16, UInt8, Int64)]()
        try reader.read(try tails(topics.outcomes)) { _, record in
            guard let told = try? OutcomeRecord.decode(record.value), wanted.contains(told.order),
                let game = catalog.game(id: told.game)
            else { return }
            ended.append((told.order, told.outcome, told.attempt, game.slot, told.atMs))
        }
        for (id, outcome, attempt, game, atMs) in ended where facts.facts[id]?.order != nil {
            facts.cameOut(id, outcome, attempt: attempt, game: game, atMs: atMs)
        }
    }

    /// What came into a topic since it was read.
    private func tails(_ topic: String) throws(KafkaFailure) -> [TopicPartition: Range<Int64>] {
        var tails: [TopicPartition: Range<Int64>] = [:]
        for (partition, range) in try TopicScan.ranges(topic, reader: reader) {
            let from = max(sources[partition]?.end ?? 0, range.lowerBound)
            tails[partition] = from..<max(from, range.upperBound)
        }
        return tails
    }

    private mutating func open(_ topic: String) throws(KafkaFailure) -> [TopicPartition: Range<Int64>] {
        let ranges = try TopicScan.ranges(topic, reader: reader)
        for (partition, range) in ranges {
            sources[partition] = SourceReading(
                partition: partition, low: range.lowerBound, end: range.upperBound)
        }
        return ranges
    }

    /// Hands every record to `take`; what it cannot understand is counted.
    private mutating func each(
        _ ranges: [TopicPartition: Range<Int64>],
        _ take: (inout Reconciliation, TopicPartition, KafkaRecord) throws(RecordFault) -> Void
    ) throws(KafkaFailure) {
        // Moved out and back: the closure may not hold self while it is being changed.
        var (facts, sources) = (facts, sources)
        self.facts = Reconciliation()
        try reader.read(ranges) { partition, record in
            sources[partition]?.records += 1
            do throws(RecordFault) {
                try take(&facts, partition, record)
            } catch {
                sources[partition]?.unreadable += 1
            }
        }
        (self.facts, self.sources) = (facts, sources)
    }
}
