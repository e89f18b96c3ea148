import Catalog
import Kafka
import Logging
import OrderLog
import Orders

/// Everything that stands in `<campaign>.control`.
struct ControlReading: Sendable {
    struct Entry: Sendable {
        var partition: Int32
        var offset: Int64
        var record: ControlRecord
    }

    /// In each partition's order, oldest first.
    private(set) var records: [Entry] = []
    /// Records that nobody can read.
    private(set) var unreadable = 0

    /// Fails while the topic is not there: an audit of nothing would mislead.
    static func read(_ stores: CampaignStores) async throws -> ControlReading {
        let topic = Topics(campaign: stores.catalog.campaign.id).control
        return try await stores.blocking { options, logger in
            let reader = try KafkaReader(options: options, logger: logger)
            try TopicScan.demand(topic, partitions: 1, reader: reader)
            var reading = ControlReading()
            try TopicScan.all(topic, reader: reader) { partition, record in
                do throws(RecordFault) {
                    reading.records.append(
                        Entry(
                            partition: partition.partition, offset: record.offset,
                            record: try ControlRecord.decode(record.value)))
                } catch {
                    reading.unreadable += 1
                }
            }
            reading.records.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
            return reading
        }
    }
}
