import OrderStore
import Orders
import Pacing

/// What the shell is to do for the engine. Each that names a parcel ends in exactly one event for it.
package enum DeliveryAction: Sendable {
    /// Ask Redis to put it in flight → `begun`.
    case begin(ParcelRef, AttemptEntry)
    /// Send the request → `answered`.
    case send(ParcelRef, Order, game: UInt8)
    /// Ask the game's query URL → `told`.
    case ask(ParcelRef, OrderID, game: UInt8)
    /// Write the outcome, and the dead letter where there is one, to Kafka → `recorded`.
    case record(ParcelRef, OutcomeRecord, DeadRecord?)
    /// Change the state in Redis → `settled`.
    case settle(ParcelRef, SettleEntry)
    /// Write the order to the delay tier of its game's retries → `shelved`.
    case shelve(ParcelRef, Order, game: UInt8, tier: Int)
    /// Keep an unreadable record → `buried`.
    case bury(PoisonRef, topic: String, partition: Int32, offset: Int64, reason: String, value: [UInt8])
    /// Let the consumer bring so many more records of a partition.
    case grant(partition: Int, count: Int)
    /// Everything before the offset is finished.
    case commit(partition: Int, offset: Int64)
    /// The game has answered 410: nothing more is sent to it until an operator resumes it.
    case gamePaused(game: UInt8, reason: String)
}

/// The name of an unreadable record until it is kept.
package struct PoisonRef: Hashable, Sendable {
    package let number: UInt64
}

/// What a game says about an order when asked.
package enum Told: Sendable, Equatable {
    case granted
    case notGranted
    /// No usable answer, and what that means for the game's pace.
    case nothing(reason: String, FinishKind)
}
