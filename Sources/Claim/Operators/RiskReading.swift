import Catalog
import Kafka
import Logging
import NIOPosix
import OrderLog
import Orders

/// Looks up in Kafka why orders are held: Redis keeps only that they are.
struct RiskReading: Sendable {
    private static let timeoutMs: Int32 = 5000

    let campaign: String
    let options: KafkaClientOptions
    let logger: Logger

    /// The rules that each of the orders met; nil when Kafka does not tell.
    ///
    /// Reads `.held` whole, on a thread that may block: an operator asks seldom, and few orders are held.
    func risks(of wanted: Set<OrderID>, _ catalog: Catalog) async -> [OrderID: [String]]? {
        guard !wanted.isEmpty else { return [:] }
        do {
            return try await NIOThreadPool.singleton.runIfActive { [self] in
                let reader = try KafkaReader(options: options, timeoutMs: Self.timeoutMs, logger: logger)
                var risks: [OrderID: [String]] = [:]
                try TopicScan.all(Topics(campaign: campaign).held, reader: reader) { _, record in
                    guard let id = OrderID(text: record.key), wanted.contains(id),
                        let held = try? HeldRecord.decode(record.value, catalog)
                    else { return }
                    // A record that the sweep wrote again no longer knows them.
                    if risks[id]?.isEmpty ?? true { risks[id] = held.risk }
                }
                return risks
            }
        } catch {
            logger.warning("held orders' risks not read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}
