/// How to reach the cluster, and the bounds of one client's queues and waits.
///
/// One value serves producers, consumers, readers and the admin alike; each takes what concerns it.
package struct KafkaClientOptions: Sendable {
    /// `host:port[,host:port]`.
    package var bootstrap: String
    /// Shown in the broker's logs and quotas.
    package var clientID: String
    /// librdkafka properties laid over ours (TLS, SASL, debug). The properties on which the promises rest
    /// (idempotence, acks, offset commits and stores, offset reset) are refused here.
    package var extra: [String: String]

    /// How long a message waits for company before it is sent.
    package var lingerMs = 1
    /// From `produce` to a failure report at the latest. Must be shorter than the age at which an outbox
    /// is swept, so that a swept order can no longer be on its way.
    package var messageTimeoutMs = 5000
    /// Messages that a producer holds, reports not yet delivered included; beyond it `produce` throws.
    package var queueMaxMessages = 100_000
    /// Bytes that a producer holds, in KiB.
    package var queueMaxKiB = 65_536
    /// Without a heartbeat for so long a consumer is dead and its partitions go to others.
    package var sessionTimeoutMs = 6000
    /// What a consumer prefetches a partition, in KiB.
    package var prefetchKiB = 256
    /// What a `KafkaReader` prefetches in all, in KiB.
    package var readAheadKiB = 16_384
    /// How long the broker may hold a fetch that finds nothing. librdkafka's in-memory cluster holds it
    /// for the whole time even if data comes (its Fetch handler), and librdkafka looks again at a
    /// partition whose full local queue has been drained only when a fetch returns: hence not the usual
    /// 500 ms.
    package var fetchWaitMs = 100
    /// Offsets are committed at most once in so long, all partitions in one request.
    package var commitIntervalMs = 100
    /// At least so often a consumer commits all its partitions, moved or not: the proof that they are still
    /// its own (`KafkaConsumerEvent.committed`).
    package var heartbeatCommitMs = 500

    package init(bootstrap: String, clientID: String = "hongbao", extra: [String: String] = [:]) {
        self.bootstrap = bootstrap
        self.clientID = clientID
        self.extra = extra
    }
}
