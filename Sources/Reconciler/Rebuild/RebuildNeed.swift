import OrderLog
import OrderStore

/// What has to be rebuilt, if anything.
enum RebuildNeed: Equatable, Sendable {
    /// Redis is open and Kafka knows its epoch.
    case nothing
    /// The campaign is new: whoever takes claims opens it.
    case opening
    /// Redis, from Kafka and from what it still holds itself.
    case redis(cause: String)
    /// Kafka, from Redis, which goes on meanwhile.
    case kafka(epoch: UInt16)

    /// - Parameters:
    ///   - lostShards: shards that are not open under Redis's epoch.
    ///   - history: what Kafka knew when it was asked, after Redis.
    init(_ standing: Standing, lostShards: Int, _ history: LaneHistory) {
        switch standing {
        case .empty, .fresh:
            self = history.isEmpty ? .opening : .redis(cause: "redis is empty")
        case .closed:
            self = .redis(cause: "a rebuild was cut short")
        case .strangeRun:
            self = .redis(cause: "redis was restarted or a replica took over")
        case .open(let epoch):
            if lostShards > 0 {
                self = .redis(cause: "redis has lost \(lostShards) shards")
            } else {
                self = history.recordedEpoch < epoch ? .kafka(epoch: epoch) : .nothing
            }
        }
    }
}
