/// The shape of a campaign's data in Redis and Kafka; frozen once the campaign has opened, because keys,
/// shards of order IDs and partitions are computed from it.
package struct Storage: Sendable, Equatable {
    /// Shards of users, 1...1024: an order ID has 10 bits for them.
    package let shards: Int
    /// Claim hashes a shard, 1...65,536: few enough entries in each that Redis keeps them compact.
    package let claimBuckets: Int
    /// Partitions of each `orders.<game>` topic, 1...256.
    package let ordersPartitions: Int
    /// Partitions of the `outcomes` topic, 1...256.
    package let outcomesPartitions: Int
    /// Delays of the `retries.<game>` partitions in milliseconds, one a partition, ascending, 1...16 of them.
    package let retryTiersMs: [Int64]
    /// Copies Kafka keeps of each partition, 1...9.
    package let replication: Int

    package init(
        shards: Int, claimBuckets: Int, ordersPartitions: Int, outcomesPartitions: Int,
        retryTiersMs: [Int64], replication: Int
    ) {
        self.shards = shards
        self.claimBuckets = claimBuckets
        self.ordersPartitions = ordersPartitions
        self.outcomesPartitions = outcomesPartitions
        self.retryTiersMs = retryTiersMs
        self.replication = replication
    }
}
