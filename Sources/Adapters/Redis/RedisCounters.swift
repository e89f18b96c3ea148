/// What one connection, or a router's connections together, has done since it was made; read on its loop.
package struct RedisCounters: Sendable, Equatable {
    package var sent: UInt64 = 0
    /// Writes to the socket that carried those commands.
    package var writes: UInt64 = 0
    package var replies: UInt64 = 0
    /// Commands reported as unknown because their time was up.
    package var timedOut: UInt64 = 0
    /// Replies that came after that.
    package var late: UInt64 = 0
    /// Commands refused here: not connected, too many in flight, too long.
    package var refusedHere: UInt64 = 0
    package var losses: UInt64 = 0
    package var failedDials: UInt64 = 0
    package var scriptLoads: UInt64 = 0

    mutating func add(_ other: RedisCounters) {
        sent += other.sent
        writes += other.writes
        replies += other.replies
        timedOut += other.timedOut
        late += other.late
        refusedHere += other.refusedHere
        losses += other.losses
        failedDials += other.failedDials
        scriptLoads += other.scriptLoads
    }
}
