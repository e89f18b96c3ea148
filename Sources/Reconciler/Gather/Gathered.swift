import Kafka
import OrderLog
import Orders

/// What the sources have said, by shard, and how far each of them was read.
struct Gathered: Sendable {
    /// When the reading began, Unix milliseconds.
    let atMs: Int64
    let facts: FactStore
    /// Claims in Redis that name what the catalog does not have; not judged.
    var foreignClaims = 0
    /// By topic and partition.
    var sources: [TopicPartition: SourceReading] = [:]
    /// What games themselves say; which orders they name stands among the facts. By the game's slot.
    var statements: [UInt8: GameStatement] = [:]
    /// Everything that stands in `.control`, in its order; where that was asked for.
    var control: [ControlRecord] = []

    /// Records that Kafka has dropped from the beginnings of topics.
    var holes: Int { sources.values.reduce(0) { $0 + Int($1.low) } }

    /// What `.control` tells of lanes and epochs.
    var history: LaneHistory {
        var history = LaneHistory()
        for record in control { history.take(record) }
        return history
    }
}
