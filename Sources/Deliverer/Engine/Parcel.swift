import Orders
import Pacing

/// The two clocks as the shell reads them: monotonic nanoseconds for pacing, Unix milliseconds for deadlines.
package struct Moment: Sendable, Equatable {
    package var ns: UInt64
    package var ms: Int64

    package init(ns: UInt64, ms: Int64) {
        self.ns = ns
        self.ms = ms
    }
}

/// The name of a parcel while it is in memory; stale names are told from live ones by the generation.
package struct ParcelRef: Hashable, Sendable {
    var index: UInt32
    var generation: UInt32

    static let bits: UInt64 = 24

    /// 48 bits, as the adapters carry them through C.
    package var token: UInt64 { UInt64(generation) << Self.bits | UInt64(index) }

    package init(token: UInt64) {
        index = UInt32(token & ((1 << Self.bits) - 1))
        generation = UInt32(token >> Self.bits & ((1 << Self.bits) - 1))
    }

    init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// Where a parcel's record was read.
struct Source: Sendable, Equatable {
    /// Place in the engine's table of partitions.
    var partition: Int
    /// The assignment during which it was read; after a revocation its completion says nothing any more.
    var assignment: UInt32
    var offset: Int64
}

/// An order in the deliverer's memory, with the work that is due on it.
struct Parcel: Sendable {
    /// What it waits for. Only `ready` takes a permit; every other phase ends by an event.
    enum Phase: Sendable, Equatable {
        /// Stands in its game's queue until the pacer gives a permit.
        case ready
        /// Asked Redis to put it in flight.
        case beginning
        /// The request is with libcurl.
        case sending
        /// The game is being asked what became of the last attempt.
        case asking
        /// An outcome is on its way to Kafka.
        case recording
        /// The outcome is in Kafka; the state in Redis is being changed.
        case settling
        /// Waits for a moment; then `wake` happens.
        case sleeping
        /// On its way to the retries topic.
        case shelving
    }

    /// What to do next when a permit or the moment comes.
    enum Errand: Sendable, Equatable {
        /// Make the next attempt.
        case deliver
        /// Ask the game about the last one.
        case ask
        /// Tell Kafka the pending outcome again.
        case record
        /// Tell Redis the pending outcome again.
        case settle
        /// Put it on the shelf again.
        case shelve
        /// Its deadline has passed: close it.
        case expire
        /// Its deadline has passed while somebody had it in flight: find out what is left of that.
        case look
    }

    var order: Order
    let game: UInt8
    var source: Source
    var phase = Phase.ready
    var errand = Errand.deliver
    /// The right to the request that is being made.
    var permit: Permit?
    /// Attempts made, as far as we know. The next one has this number + 1.
    var made: UInt16
    /// Those among them that were made since the record was read.
    var madeHere: UInt16 = 0
    /// Whether the next attempt may follow one whose end is unknown.
    var resendsUnknown = false
    /// From this moment on a game's "not granted" counts: before, the attempt may still be on its way.
    var denialCountsAtMs: Int64 = 0
    /// When the last attempt had ended at the latest, by the monotonic clock.
    var endedNs: UInt64 = 0
    /// Whether the game will surely have read the last attempt before the query under way.
    var isDenialFinal = false
    /// The last deadline of somebody else's attempt was seen to pass.
    var sawDeadlinePass = false
    /// How often in a row the same errand failed; spaces its repeats.
    var failures = 0
    /// How long the game wants us to wait, at least.
    var retryAfterMs: Int64?
    /// The outcome that is being recorded and settled.
    var pending: Pending?

    struct Pending: Sendable {
        var outcome: Outcome
        var status: Int
        var reason: String
        var answer: String
        var atMs: Int64
        /// Whether the state was changed before the record is written (closings without an attempt).
        var isSettled: Bool
    }

    /// What a permit would be spent on now.
    var attemptClass: AttemptClass {
        if errand == .ask || madeHere > 0 { return .repeat }
        if order.isResend { return .resend }
        return made > 0 ? .repeat : .fresh
    }

    init(order: Order, game: UInt8, source: Source) {
        self.order = order
        self.game = game
        self.source = source
        made = order.attempt
    }
}
