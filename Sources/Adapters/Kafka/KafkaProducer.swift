import CRdKafka
import Logging
import NIOCore

/// Appends records to topics and reports each one's fate to the event loop that asked.
///
/// Idempotent, acks=all, lz4. A record is copied by `produce` and reported exactly once: acknowledged, or
/// failed at the latest after `KafkaClientOptions.messageTimeoutMs`. One thread ("kafka-produce") takes the
/// reports out of librdkafka, groups them by reporter and hands each group over with one `execute`.
///
/// When librdkafka gives a handle up (a fatal error: the idempotent producer can no longer keep its order),
/// what is outstanding is reported as failed and a new handle takes over; callers replay their outbox as
/// after any failure. Records may then stand in the log twice.
package final class KafkaProducer: Sendable {
    package typealias Reporter = (
        loop: any EventLoop, handler: @Sendable ([DeliveryReport]) -> Void
    )

    let core: ProducerCore

    /// `reporters`: at most 65,536; a handler is called on its loop. The loops must outlive `close`.
    /// Throws for settings that librdkafka refuses; a cluster that cannot be reached is no error here.
    package init(
        options: KafkaClientOptions, reporters: [Reporter], logger: Logger
    ) throws(KafkaFailure) {
        precondition(reporters.count <= ReportSlip.maxReporters)
        core = try ProducerCore(options: options, reporters: reporters, logger: logger)
        core.start()
    }

    deinit {
        core.stopWithoutWaiting()
    }

    /// Queues one record. Any thread; never blocks on the network.
    ///
    /// - Parameters:
    ///   - partition: -1: chosen by the key's hash.
    ///   - reporter: index into `reporters`.
    ///   - token: < 2^48, returned in the report.
    /// - Throws: retriable when the queue is full or the handle is being replaced; then there is no report.
    package func produce(
        topic: String, partition: Int32 = -1, key: [UInt8], value: [UInt8], reporter: Int, token: UInt64
    ) throws(KafkaFailure) {
        precondition(core.reporters.indices.contains(reporter), "no reporter \(reporter)")
        let slip = ReportSlip(reporter: reporter, token: token)
        let (handle, topicHandle) = try core.destination(topic)
        let result = key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                rd_kafka_produce(
                    topicHandle, partition, RD_KAFKA_MSG_F_COPY,
                    UnsafeMutableRawPointer(mutating: value.baseAddress), value.count,
                    key.baseAddress, key.count, slip.opaque)
            }
        }
        if result != 0 {
            let error = rd_kafka_last_error()
            // A fatal handle refuses, but its replacement is on the way.
            throw KafkaFailure(
                code: error.rawValue, isRetriable: error == RD_KAFKA_RESP_ERR__FATAL ? true : nil)
        }
        // The handle must not be freed while librdkafka is inside the call above.
        withExtendedLifetime(handle) {}
    }

    /// Goes over to another cluster address, as when a local broker has come back on a new port: what is
    /// outstanding is reported as failed, what is produced from now on goes to the new address. Any thread.
    package func reconnect(bootstrap: String) {
        core.reconnect(bootstrap: bootstrap)
    }

    /// Handles made after the first, because of fatal errors or `reconnect`.
    package var renewals: Int { core.renewals }

    /// Refuses new records, waits up to `deadlineMs` for reports, then reports the rest as failed.
    /// False: the deadline (and half a second more for freeing) passed before the handle was free.
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
