import Kafka
import Logging
import NIOCore
import Stack

/// Writes records to Kafka and waits until it has them all; for one caller at a time.
final class AcknowledgedWriter: Sendable {
    struct Record: Sendable {
        var topic: String
        var key: [UInt8]
        var value: [UInt8]
    }

    private let producer: KafkaProducer
    private let reported: AsyncStream<[DeliveryReport]>

    init(bootstrap: String, loop: any EventLoop) throws {
        let (reported, into) = AsyncStream<[DeliveryReport]>.makeStream()
        self.reported = reported
        producer = try KafkaProducer(
            options: KafkaClientOptions(bootstrap: bootstrap, clientID: "hongbao-torture"),
            reporters: [(loop, { @Sendable reports in _ = into.yield(reports) })],
            logger: Logger(label: "writer"))
    }

    /// - Throws: where one of them was not acknowledged.
    func write(_ records: [Record]) async throws {
        for record in records {
            try producer.produce(
                topic: record.topic, key: record.key, value: record.value, reporter: 0, token: 1)
        }
        var left = records.count
        guard left > 0 else { return }
        for await reports in reported {
            if let failure = reports.lazy.compactMap(\.failure).first { throw failure }
            left -= reports.count
            if left <= 0 { return }
        }
    }

    func close() async { _ = await producer.close(deadlineMs: 5_000) }
}
