import Foundation
import Kafka
import Orders
import Synchronization

/// Records taken out of the path on purpose, so that the Reconciler has something to find.
struct Loss: Sendable, Equatable {
    /// Orders that nobody will deliver unless somebody notices.
    let orders: Set<OrderID>

    static let wanted = 12
    /// How often the queue is looked at for so many.
    static let maxLooks = 20
    static let mostAPartition = 2
    /// How far into a partition records are looked at.
    static let depth = 200

    /// Chooses where the deliverer's mark is to be moved to: in some partitions, behind the first records of
    /// orders that their game has not dealt with.
    ///
    /// - Parameter settled: orders that a game has granted or refused; to skip their records loses nothing.
    static func choose(
        _ heads: [TopicPartition: [QueueView.Waiting]], settled: Set<OrderID>
    ) -> (loss: Loss, offsets: [TopicPartition: Int64]) {
        var offsets: [TopicPartition: Int64] = [:]
        var orders: Set<OrderID> = []
        let places = heads.keys.sorted { ($0.partition, $0.topic) < ($1.partition, $1.topic) }
        for place in places where orders.count < wanted {
            var taken = 0
            for waiting in heads[place] ?? [] where taken < mostAPartition && orders.count < wanted {
                guard !settled.contains(waiting.order), orders.insert(waiting.order).inserted else {
                    continue
                }
                taken += 1
                offsets[place] = waiting.offset + 1
            }
        }
        return (Loss(orders: orders), offsets)
    }
}

/// The loss in the making: it blocks for seconds, so it has a thread of its own.
final class Losing: Sendable {
    private let outcome = Mutex<Result<Loss, any Error>?>(nil)

    func start(_ lose: @escaping @Sendable () throws -> Loss) {
        let thread = Thread { [self] in
            let result = Result { try lose() }
            outcome.withLock { $0 = result }
        }
        thread.name = "losing"
        thread.start()
    }

    var isDone: Bool { outcome.withLock { $0 != nil } }

    /// Once it is done: what was lost, or why nothing could be.
    func loss() throws -> Loss {
        try outcome.withLock { $0 }?.get() ?? Loss(orders: [])
    }
}
