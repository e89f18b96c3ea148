import Catalog
import Kafka
import Orders

/// Which orders still have a record ahead of the deliverers: at or after the committed offset of a topic of
/// orders or of retries. An open order that has none would wait for ever.
package enum LiveRecords {
    /// Looks for orders of some games. Blocks.
    ///
    /// - Returns: those of `orders` of which a record was found.
    package static func among(
        _ orders: Set<OrderID>, games: Set<UInt8>, catalog: Catalog, reader: KafkaReader
    ) throws(KafkaFailure) -> Set<OrderID> {
        let topics = Topics(campaign: catalog.campaign.id)
        var found: Set<OrderID> = []
        for game in catalog.games where games.contains(game.slot) {
            for topic in [topics.orders(game: game.id), topics.retries(game: game.id)] {
                var ranges = try TopicScan.ranges(topic, reader: reader)
                guard !ranges.isEmpty else { continue }
                let marks = try reader.committed(
                    group: CampaignTopics.delivererGroup(catalog), Array(ranges.keys))
                for (partition, mark) in marks {
                    guard let range = ranges[partition] else { continue }
                    ranges[partition] = max(mark, range.lowerBound)..<max(mark, range.upperBound)
                }
                try reader.read(ranges) { _, record in
                    // Its key is the order's name, unless a person wrote it.
                    let id =
                        OrderID(text: record.key).flatMap { orders.contains($0) ? $0 : nil }
                        ?? (try? OrderRecord.decode(record.value, catalog))?.id
                    if let id, orders.contains(id) { found.insert(id) }
                }
            }
        }
        return found
    }
}
