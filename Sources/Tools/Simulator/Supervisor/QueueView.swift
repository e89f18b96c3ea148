import Catalog
import Kafka
import Logging
import OrderLog
import Orders
import Stack
import Wire

/// The queue between Claim and Deliverer as Kafka shows it, and the deliverer's own word on what it holds.
///
/// Blocking; one owner at a time.
final class QueueView {
    /// A record on its way: where it stands and which order it is.
    struct Waiting {
        let place: TopicPartition
        let offset: Int64
        let order: OrderID
    }

    private let catalog: Catalog
    private let group: String
    private let reader: KafkaReader
    private let topics: Topics

    init(catalog: Catalog, bootstrap: String) throws(KafkaFailure) {
        self.catalog = catalog
        group = CampaignTopics.delivererGroup(catalog)
        topics = Topics(campaign: catalog.campaign.id)
        reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: bootstrap, clientID: "hongbao-demo"),
            logger: Logger(label: "queue-view"))
    }

    private var names: [String] {
        catalog.games.flatMap { [topics.orders(game: $0.id), topics.retries(game: $0.id)] }
    }

    /// The partitions of these topics with what is committed (or their start) and their end.
    private func ranges(_ topics: [String]) throws(KafkaFailure) -> [TopicPartition: Range<Int64>] {
        var ranges: [TopicPartition: Range<Int64>] = [:]
        for topic in topics {
            for (place, range) in try TopicScan.ranges(topic, reader: reader) { ranges[place] = range }
        }
        let committed = try reader.committed(group: group, Array(ranges.keys))
        for (place, offset) in committed {
            guard let range = ranges[place] else { continue }
            ranges[place] = min(max(offset, range.lowerBound), range.upperBound)..<range.upperBound
        }
        return ranges
    }

    /// Records behind which the deliverer has not yet left its mark.
    func depth() throws(KafkaFailure) -> Int {
        try ranges(names).values.reduce(0) { $0 + $1.count }
    }

    /// The first records of each orders partition that are not done, at most `most` each.
    func heads(most: Int) throws -> [TopicPartition: [Waiting]] {
        let open = try ranges(catalog.games.map { topics.orders(game: $0.id) }).filter { !$0.value.isEmpty }
        let wanted = open.mapValues { $0.lowerBound..<min($0.upperBound, $0.lowerBound + Int64(most)) }
        var heads: [TopicPartition: [Waiting]] = [:]
        let catalog = catalog
        try reader.read(wanted) { place, record in
            guard let order = try? OrderRecord.decode(record.value, catalog) else { return }
            heads[place, default: []].append(Waiting(place: place, offset: record.offset, order: order.id))
        }
        return heads
    }

    /// Sets the deliverer's mark behind records, as if they were done. Only while no deliverer runs.
    func skip(to offsets: [TopicPartition: Int64]) throws(KafkaFailure) {
        try reader.commit(group: group, offsets, joining: true)
    }
}
