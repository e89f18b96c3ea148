import Catalog
import Kafka
import Logging
import Orders

/// A campaign's topics on the broker.
package enum CampaignTopics {
    /// Makes what is missing, with the partitions and the replication of the campaign's file. Blocks; at
    /// start.
    package static func ensure(
        _ catalog: Catalog, options: KafkaClientOptions, timeoutMs: Int32, logger: Logger
    ) throws(KafkaFailure) {
        let specs = Topics(campaign: catalog.campaign.id).all(catalog).map {
            TopicSpec(
                name: $0.name, partitions: $0.partitions, replication: catalog.campaign.storage.replication)
        }
        try KafkaAdmin.ensureTopics(specs, options: options, timeoutMs: timeoutMs, logger: logger)
    }

    /// The consumer group that delivers a campaign's orders.
    package static func delivererGroup(_ catalog: Catalog) -> String { "deliverer-\(catalog.campaign.id)" }
}
