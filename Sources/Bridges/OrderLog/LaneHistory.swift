import Kafka
import Logging
import Orders

/// Which lanes Kafka knows of: the floor under the lane counter when Redis has lost it (promise 2).
package enum LaneHistory {
    /// The highest lane that was ever written down, 0 when none was. Every lane is written to `.control`, and
    /// acknowledged, before it numbers its first order. Blocks; at start.
    package static func highest(
        campaign: String, options: KafkaClientOptions, timeoutMs: Int32, logger: Logger
    ) throws(KafkaFailure) -> UInt32 {
        let reader = try KafkaReader(options: options, timeoutMs: timeoutMs, logger: logger)
        var highest: UInt32 = 0
        try TopicScan.all(Topics(campaign: campaign).control, reader: reader) { _, record in
            if case .lane(let lane, _, _)? = try? ControlRecord.decode(record.value) {
                highest = max(highest, lane)
            }
        }
        return highest
    }
}
