import NIOCore
import Orders
import Redis
import Synchronization
import Wire

/// A campaign's claims, order states, outbox, stock and lanes in Redis, over one event loop's connection.
///
/// Scripts are told the ``epoch`` that their caller works under and are refused with the code `EPOCH`, before
/// they do anything, where another one stands: see DESIGN "the run". Every method is called on that loop and
/// answers on it. A ``RedisFailure`` of kind `unknown` means that the script may have run: callers treat it
/// so (a claim's range of numbers is burnt, an attempt is looked up again).
package final class OrderStore: Sendable {
    /// Orders in one script call at most; more would hold Redis up for others.
    package static let maxBatch = 256

    package let redis: RedisRouter
    package let keys: StoreKeys
    private let currentEpoch = Atomic<UInt16>(0)

    /// What scripts are given; 0: not known, and then none runs. Set by the loop that owns the store, when
    /// ``standing(then:)`` has told it.
    package var epoch: UInt16 {
        get { currentEpoch.load(ordering: .relaxed) }
        set { currentEpoch.store(newValue, ordering: .relaxed) }
    }

    package init(redis: RedisRouter, keys: StoreKeys) {
        self.redis = redis
        self.keys = keys
    }

    package typealias Answer<Value> = (Result<Value, RedisFailure>) -> Void

    /// Runs a script over a shard, under the epoch: KEYS[1] and ARGV[1] are put in front.
    func callShard<Value>(
        _ script: RedisScript, shard: UInt16, keys others: [[UInt8]], arguments: [[UInt8]],
        then: @escaping Answer<Value>, decode: @escaping (RedisReply) -> Value?
    ) {
        call(script, under: keys.epoch(shard: shard), others, arguments, then: then, decode: decode)
    }

    /// Runs a script over the campaign as a whole, under the epoch: KEYS[1] and ARGV[1] are put in front.
    func callCampaign<Value>(
        _ script: RedisScript, keys others: [[UInt8]], arguments: [[UInt8]], then: @escaping Answer<Value>,
        decode: @escaping (RedisReply) -> Value?
    ) {
        call(script, under: keys.epoch, others, arguments, then: then, decode: decode)
    }

    private func call<Value>(
        _ script: RedisScript, under epochKey: [UInt8], _ keys: [[UInt8]], _ arguments: [[UInt8]],
        then: @escaping Answer<Value>, decode: @escaping (RedisReply) -> Value?
    ) {
        let size = keys.reduce(64) { $0 + $1.count } + arguments.reduce(0) { $0 + $1.count }
        var command = script.call(keyCount: keys.count + 1, reserving: size)
        command.add(epochKey)
        for key in keys { command.add(key) }
        command.add(UInt64(epoch))
        for argument in arguments { command.add(argument) }
        redis.run(script, command) { then(Self.decoded($0, script, decode)) }
    }

    /// Runs a script that looks at no epoch, one of those that change it.
    func call<Value>(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], then: @escaping Answer<Value>,
        decode: @escaping (RedisReply) -> Value?
    ) {
        redis.run(script, keys: keys, arguments: arguments) { then(Self.decoded($0, script, decode)) }
    }

    /// A reply of another shape than the script's is a refusal.
    private static func decoded<Value>(
        _ result: Result<RedisReply, RedisFailure>, _ script: RedisScript,
        _ decode: (RedisReply) -> Value?
    ) -> Result<Value, RedisFailure> {
        result.flatMap { reply in
            if let value = decode(reply) { return .success(value) }
            return .failure(
                RedisFailure(
                    kind: .unknown, message: "script \(script.name) gave an answer of another shape"))
        }
    }
}

/// Collects the distinct keys of a script call and the index (from 1, as Lua counts) of each.
struct KeyTable {
    /// Up to so many a look at each is cheaper than a hash.
    private static let mostLooks = 24

    private(set) var keys: [[UInt8]]
    private let fixed: Int
    private var index: [[UInt8]: Int] = [:]

    /// - Parameter fixed: keys that scripts know by their place, behind the epoch's.
    init(_ fixed: [[UInt8]]) {
        keys = fixed
        self.fixed = fixed.count
    }

    mutating func place(_ key: [UInt8]) -> [UInt8] {
        decimal(number(key))
    }

    private mutating func number(_ key: [UInt8]) -> Int {
        if keys.count <= Self.mostLooks {
            if let at = keys[fixed...].firstIndex(of: key) { return at + 2 }
        } else {
            if index.isEmpty {
                for at in keys.indices.dropFirst(fixed) { index[keys[at]] = at + 2 }
            }
            if let known = index[key] { return known }
            index[key] = keys.count + 2
        }
        keys.append(key)
        return keys.count + 1
    }
}

func decimal(_ n: some BinaryInteger) -> [UInt8] {
    guard let small = UInt64(exactly: n) else { return Array(String(n).utf8) }
    var digits: [UInt8] = []
    DecimalDigits.append(small, to: &digits)
    return digits
}

extension OrderID {
    /// The order's place within its string of states.
    var placeInChunk: [UInt8] { decimal(sequence % StoreKeys.ordersPerChunk) }
}
