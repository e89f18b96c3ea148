import Kafka
import Logging
import NIOPosix
import OrderLog
import OrderStore
import Orders

/// An act as it stands in the control topic.
struct RecordedStockAct: Sendable, Equatable {
    var gift: String
    var act: StockAct

    /// Reads `.control` whole, on a thread that may block: stock is seldom added, and lanes are few.
    static func find(
        campaign: String, options: KafkaClientOptions, logger: Logger
    ) -> StockDesk.Lookup {
        { name in
            try await NIOThreadPool.singleton.runIfActive {
                let reader = try KafkaReader(options: options, timeoutMs: 5000, logger: logger)
                var found: RecordedStockAct?
                try TopicScan.all(Topics(campaign: campaign).control, reader: reader) { _, record in
                    guard found == nil,
                        case .stock(let act, let gift, let add, let units, _, _, _)? =
                            try? ControlRecord.decode(record.value), act == name
                    else { return }
                    found = RecordedStockAct(
                        gift: gift, act: StockAct(act: act, add: add, units: units))
                }
                return found
            }
        }
    }
}
