import Kafka
import NIOCore
import Orders
import Synchronization
import Wire

/// Appends operators' acts to `<campaign>.control` and waits until Kafka has acknowledged each: what is not
/// written down is not done.
///
/// Any thread. Acts are few: a lock and a continuation each.
package final class ControlJournal: Sendable {
    private struct Waiting {
        var nextToken: UInt64 = 0
        /// Resumed with why the record was not written; nil: it was.
        var open: [UInt64: CheckedContinuation<String?, Never>] = [:]
    }

    /// Acts on their way at once; more are refused.
    package static let maxOpen = 256

    private let topic: String
    private let waiting = Mutex(Waiting())
    private let way = Mutex<(producer: KafkaProducer, reporter: Int)?>(nil)

    package init(topic: String) {
        self.topic = topic
    }

    /// The process's producer, and which of its reporters ``reported(_:)`` is.
    package func connect(_ producer: KafkaProducer, reporter: Int) {
        way.withLock { $0 = (producer, reporter) }
    }

    /// - Throws: the problem to answer with. The record may stand in the log all the same, so that readers
    ///   must take a record for what was meant, and Redis for what was done.
    package func append(_ record: ControlRecord, key: String) async throws(OperatorProblem) {
        let failure = await withCheckedContinuation { then in hand(record, key: key, then) }
        if let failure { throw .notWritten(failure) }
    }

    private func hand(
        _ record: ControlRecord, key: String, _ then: CheckedContinuation<String?, Never>
    ) {
        let token: UInt64? = waiting.withLock { waiting in
            guard waiting.open.count < Self.maxOpen else { return nil }
            waiting.nextToken += 1
            waiting.open[waiting.nextToken] = then
            return waiting.nextToken
        }
        guard let token else { return then.resume(returning: "too many acts are being written already") }
        guard let way = way.withLock({ $0 }) else {
            take(token)?.resume(returning: "this process has not started yet")
            return
        }
        do throws(KafkaFailure) {
            try way.producer.produce(
                topic: topic, partition: 0, key: Array(key.utf8), value: record.encode(),
                reporter: way.reporter, token: token)
        } catch {
            take(token)?.resume(returning: error.description)
        }
    }

    /// Kafka's word, on the reporter's loop.
    package func reported(_ reports: [DeliveryReport]) {
        for report in reports { take(report.token)?.resume(returning: report.failure?.description) }
    }

    private func take(_ token: UInt64) -> CheckedContinuation<String?, Never>? {
        waiting.withLock { $0.open.removeValue(forKey: token) }
    }
}
