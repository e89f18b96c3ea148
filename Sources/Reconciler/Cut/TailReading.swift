import Catalog
import Kafka
import OrderLog
import Orders

/// Reads what came into a campaign's topics since they were read, for some orders only. Blocks; owned by one
/// thread.
struct TailReading {
    private let reader: KafkaReader
    private let catalog: Catalog
    private let topics: Topics
    private let sources: [TopicPartition: SourceReading]
    private(set) var facts: Reconciliation

    /// - Parameters:
    ///   - facts: the orders that are looked at once more.
    ///   - sources: how far everything was read.
    init(
        _ facts: Reconciliation, sources: [TopicPartition: SourceReading], reader: KafkaReader,
        catalog: Catalog
    ) {
        self.facts = facts
        self.sources = sources
        self.reader = reader
        self.catalog = catalog
        topics = Topics(campaign: catalog.campaign.id)
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

    private func queues(_ name: (String) -> String) -> [(topic: String, game: UInt8)] {
        catalog.games.map { (name($0.id), $0.slot) }
    }
}
