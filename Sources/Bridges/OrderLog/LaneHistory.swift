import Kafka
import Logging
import Orders

/// Which lanes and epochs Kafka knows of: what Redis must stay above when it has lost them (promise 2).
package struct LaneHistory: Sendable, Equatable {
    /// The highest lane that was ever written down, 0 when none was. Every lane is written to `.control`, and
    /// acknowledged, before it numbers its first order.
    package var highestLane: UInt32 = 0
    /// The highest epoch that was ever opened, 0 when none was.
    package var highestEpoch: UInt16 = 0
    /// The highest epoch whose own record is there. It is written before the epoch opens: when Redis has a
    /// higher one, Kafka has lost what it held.
    package var recordedEpoch: UInt16 = 0

    /// Operators have set limits or paused games, which is done in an open campaign only: it was open before,
    /// and what they set has to be rebuilt.
    package var holdsActs = false

    /// No order can have been numbered: the campaign may be opened for the first time. The record of epoch 1
    /// may be there already, from an opening that was cut short.
    package var isEmpty: Bool { highestLane == 0 && highestEpoch <= 1 && !holdsActs }

    package init(highestLane: UInt32 = 0, highestEpoch: UInt16 = 0, recordedEpoch: UInt16 = 0) {
        self.highestLane = highestLane
        self.highestEpoch = highestEpoch
        self.recordedEpoch = recordedEpoch
    }

    /// Takes in a record of `.control`.
    package mutating func take(_ record: ControlRecord) {
        switch record {
        case .lane(let lane, _, let epoch, _):
            highestLane = max(highestLane, lane)
            // Where the epoch's own record was lost its lanes still tell of it.
            highestEpoch = max(highestEpoch, epoch ?? 0)
        case .epoch(let epoch, _, _, _):
            highestEpoch = max(highestEpoch, epoch)
            recordedEpoch = max(recordedEpoch, epoch)
        case .limit, .gate: holdsActs = true
        default: break
        }
    }

    /// Reads `.control` to its end; fails while it has no leader. Blocks; on a thread that may.
    package static func read(
        campaign: String, options: KafkaClientOptions, timeoutMs: Int32, logger: Logger
    ) throws(KafkaFailure) -> LaneHistory {
        let reader = try KafkaReader(options: options, timeoutMs: timeoutMs, logger: logger)
        var history = LaneHistory()
        let topic = Topics(campaign: campaign).control
        try TopicScan.demand(topic, partitions: 1, reader: reader)
        try TopicScan.all(topic, reader: reader) { _, record in
            if let record = try? ControlRecord.decode(record.value) { history.take(record) }
        }
        return history
    }
}
