import NIOCore

/// Questions asked a moment ago, so that neither a person who repeats nor a service that fails is asked again
/// at once. Bounded; ends are in order, because every hold is equally long.
struct RoleHolds {
    static let maximum = 65_536

    enum Ending {
        case answered
        case failed
    }

    private struct Hold {
        var untilNs: UInt64
        var ending: Ending
    }

    private let lengthNs: UInt64
    private var holds: [RoleCall: Hold] = [:]
    private var order: CircularBuffer<(call: RoleCall, untilNs: UInt64)> = []

    init(lengthNs: UInt64) {
        self.lengthNs = lengthNs
    }

    var count: Int { order.count }

    /// How a call that is still held ended; nil = it may be asked.
    func ending(of call: RoleCall, nowNs: UInt64) -> Ending? {
        guard let hold = holds[call], nowNs < hold.untilNs else { return nil }
        return hold.ending
    }

    mutating func hold(_ call: RoleCall, _ ending: Ending, nowNs: UInt64) {
        while let first = order.first, first.untilNs <= nowNs || order.count >= Self.maximum {
            order.removeFirst()
            // A later hold of the same call has its own place in the order.
            if holds[first.call]?.untilNs == first.untilNs { holds[first.call] = nil }
        }
        let untilNs = nowNs + lengthNs
        holds[call] = Hold(untilNs: untilNs, ending: ending)
        order.append((call, untilNs))
    }
}
