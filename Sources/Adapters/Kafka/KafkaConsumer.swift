import Atomics
import CRdKafka
import Logging
import NIOCore

/// A member of a consumer group that hands out records only against credits.
///
/// Each partition has a queue of its own inside librdkafka, detached from the consumer's queue and read only
/// while the partition has credits; what is prefetched waits there. Partitions so never wait for each other,
/// and pacing needs no pause (a pause would throw away what is prefetched). Offsets are committed only by
/// `commit`, all partitions in one request, in the background. One thread ("kafka-consume") serves
/// everything; it sleeps until librdkafka or a command rings.
///
/// A rebalance (eager: all partitions go, then the new set comes) never waits for the work on records.
/// Topics are expected to keep everything until their group has read it, without transactions and
/// compaction: a hole between the expected and the next offset is told as `offsetOutOfRange`, also on a first
/// read that does not begin at 0. Event handler, `grant` and `commit` belong to `loop`.
package final class KafkaConsumer: Sendable {
    private let core: ConsumerCore

    /// Joins `group`. `handler` is called on `loop`, which must outlive `close`. Throws for settings that
    /// librdkafka refuses; a cluster that cannot be reached is no error here.
    package init(
        options: KafkaClientOptions, group: String, topics: [String], loop: any EventLoop,
        handler: @escaping @Sendable (KafkaConsumerEvent) -> Void, logger: Logger
    ) throws(KafkaFailure) {
        core = ConsumerCore(options: options, loop: loop, handler: handler, logger: logger)
        try core.start(options: options, group: group, topics: topics)
    }

    deinit {
        core.stopWithoutWaiting()
    }

    /// Adds credits: `count` more records of the partition may come. Void if it has been revoked. On the
    /// loop.
    package func grant(_ partition: TopicPartition, count: Int) {
        core.post(.grant(partition, count: count, generation: core.currentGeneration))
    }

    /// Sets the group's position: `offset` is the next to read, as from `CompletionWatermark`. Returns at
    /// once; the newest offset a partition is committed with all others within `commitIntervalMs`, and
    /// retried until it stands. Void if the partition has been revoked. On the loop.
    package func commit(_ partition: TopicPartition, offset: Int64) {
        core.post(.commit(partition, offset: offset, generation: core.currentGeneration))
    }

    /// As ``grant(_:count:)`` and ``commit(_:offset:)`` of many partitions at once, for one wake-up. On the
    /// loop.
    package func work(credits: [TopicPartition: Int], positions: [TopicPartition: Int64]) {
        core.post(.work(credits: credits, positions: positions, generation: core.currentGeneration))
    }

    /// Commits what is due, gives the partitions up (`revoked`), leaves the group; all within `deadlineMs`.
    /// False: the deadline (and half a second more for freeing) passed first; the broker then finds out by
    /// the session timeout.
    @discardableResult
    package func close(deadlineMs: Int64) async -> Bool {
        await withCheckedContinuation { continuation in
            let core = self.core
            // The wait blocks a thread; it must not be one of the few that run async code.
            WorkerThread.runDetached(name: "kafka-close") {
                continuation.resume(returning: core.close(deadlineMs: deadlineMs))
            }
        }
    }

    /// As the async form, for code that has no async context; blocks, so never on an event loop.
    @discardableResult
    @available(*, noasync)
    package func close(deadlineMs: Int64) -> Bool {
        core.close(deadlineMs: deadlineMs)
    }
}
