import Kafka
import Logging
import NIOCore
import OrderLog

/// Writes records to a broker and waits until it has them all; fails with the first that it refuses.
func produce(_ records: [OutgoingRecord], to bootstrap: String, on loop: any EventLoop) async throws {
    let writer = try AcknowledgedAppend(
        options: KafkaClientOptions(bootstrap: bootstrap), loop: loop, logger: Logger(label: "test"))
    let result: Result<Void, any Error>
    do { result = .success(try await writer.append(records)) } catch { result = .failure(error) }
    await writer.close()
    try result.get()
}
