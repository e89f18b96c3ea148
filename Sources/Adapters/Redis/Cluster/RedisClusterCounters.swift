/// What one event loop has seen of its cluster; read on the loop.
package struct RedisClusterCounters: Sendable, Equatable {
    package var moved: UInt64 = 0
    package var asked: UInt64 = 0
    package var tryAgain: UInt64 = 0
    package var clusterDown: UInt64 = 0
    /// Commands sent again after one of these.
    package var repeats: UInt64 = 0
    package var mapReadings: UInt64 = 0

    mutating func count(_ code: String) {
        switch code {
        case "MOVED": moved += 1
        case "ASK": asked += 1
        case "TRYAGAIN": tryAgain += 1
        default: clusterDown += 1
        }
    }
}
