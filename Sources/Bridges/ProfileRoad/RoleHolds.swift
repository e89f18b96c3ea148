import NIOCore
import Profiles

/// Questions asked a moment ago, so that neither a person who repeats nor a service that fails is asked again
/// at once. Bounded; ends are in order, because every hold is equally long.
struct RoleHolds: Sendable {
    static let maximum = 32_768

    enum Ending: Equatable, Sendable {
        /// The answer; nil = not registered.
        case answered(GameProfile?)
        case failed
    }

    struct Hold: Sendable {
        let ending: Ending
        let atNs: UInt64
    }

    private let lengthNs: UInt64
    private var holds: [RoleCall: Hold] = [:]
    private var order: CircularBuffer<(call: RoleCall, atNs: UInt64)> = []

    init(lengthNs: UInt64) {
        self.lengthNs = lengthNs
    }

    var count: Int { order.count }

    /// How a call that is still held ended; nil = it may be asked.
    func hold(of call: RoleCall, nowNs: UInt64) -> Hold? {
        guard let hold = holds[call], nowNs < hold.atNs + lengthNs else { return nil }
        return hold
    }

    mutating func hold(_ call: RoleCall, _ ending: Ending, nowNs: UInt64) {
        while let first = order.first, first.atNs + lengthNs <= nowNs || order.count >= Self.maximum {
            order.removeFirst()
            // A later hold of the same call has its own place in the order.
            if holds[first.call]?.atNs == first.atNs { holds[first.call] = nil }
        }
        holds[call] = Hold(ending: ending, atNs: nowNs)
        order.append((call, nowNs))
    }
}
