import Kafka
import Logging
import NIOCore
import Synchronization

/// A record on its way to a topic.
package struct OutgoingRecord: Sendable {
    package var topic: String
    package var key: [UInt8]
    package var value: [UInt8]

    package init(topic: String, key: [UInt8], value: [UInt8]) {
        self.topic = topic
        self.key = key
        self.value = value
    }
}

/// Appends records and waits until Kafka has acknowledged all of them; for commands. One caller at a time.
package final class AcknowledgedAppend: Sendable {
    /// Records handed to the producer before their acknowledgements are waited for.
    package static let batch = 1_000

    private struct Waiting {
        var left = 0
        var failure: KafkaFailure?
        var then: CheckedContinuation<KafkaFailure?, Never>?
    }

    private final class Reports: Sendable {
        let waiting = Mutex(Waiting())

        /// Counts one record less, and wakes the caller after the last.
        func done(_ failures: [KafkaFailure?]) {
            let call: (CheckedContinuation<KafkaFailure?, Never>, KafkaFailure?)? = waiting.withLock {
                waiting in
                for failure in failures { waiting.failure = waiting.failure ?? failure }
                waiting.left -= failures.count
                guard waiting.left == 0, let then = waiting.then else { return nil }
                let failure = waiting.failure
                waiting = Waiting()
                return (then, failure)
            }
            if let (then, failure) = call { then.resume(returning: failure) }
        }
    }

    private let reports = Reports()
    private let producer: KafkaProducer

    package init(options: KafkaClientOptions, loop: any EventLoop, logger: Logger) throws(KafkaFailure) {
        let reports = reports
        producer = try KafkaProducer(
            options: options, reporters: [(loop, { @Sendable in reports.done($0.map(\.failure)) })],
            logger: logger)
    }

    /// - Throws: the first failure; other records may have been acknowledged.
    package func append(_ records: [OutgoingRecord]) async throws(KafkaFailure) {
        for start in stride(from: 0, to: records.count, by: Self.batch) {
            let batch = records[start..<min(start + Self.batch, records.count)]
            let failure = await withCheckedContinuation { then in
                reports.waiting.withLock { $0 = Waiting(left: batch.count, then: then) }
                for (token, record) in batch.enumerated() {
                    do throws(KafkaFailure) {
                        try producer.produce(
                            topic: record.topic, key: record.key, value: record.value, reporter: 0,
                            token: UInt64(token))
                    } catch {
                        reports.done([error])
                    }
                }
            }
            if let failure { throw failure }
        }
    }

    /// Waits up to 5 s for what is outstanding.
    package func close() async {
        _ = await producer.close(deadlineMs: 5_000)
    }
}
