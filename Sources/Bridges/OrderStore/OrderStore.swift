import NIOCore
import Orders
import Redis

/// A campaign's claims, order states, outbox, stock and lanes in Redis, over one event loop's connection.
///
/// Every method is called on that loop and answers on it. A ``RedisFailure`` of kind `unknown` means that the
/// script may have run: callers treat it so (a claim's range of numbers is burnt, an attempt is looked up
/// again).
package final class OrderStore: Sendable {
    /// Orders in one script call at most; more would hold Redis up for others.
    package static let maxBatch = 256

    package let redis: RedisConnection
    package let keys: StoreKeys

    package init(redis: RedisConnection, keys: StoreKeys) {
        self.redis = redis
        self.keys = keys
    }

    package typealias Answer<Value> = (Result<Value, RedisFailure>) -> Void

    /// Runs a script and hands its reply, an array, to `decode`; a reply of another shape is a refusal.
    func call<Value>(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], then: @escaping Answer<Value>,
        decode: @escaping (RedisReply) -> Value?
    ) {
        redis.run(script, keys: keys, arguments: arguments) { result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let reply):
                guard let value = decode(reply) else {
                    then(
                        .failure(
                            RedisFailure(
                                kind: .unknown,
                                message: "script \(script.name) gave an answer of another shape")))
                    return
                }
                then(.success(value))
            }
        }
    }
}

/// Collects the distinct keys of a script call and the index (from 1, as Lua counts) of each.
struct KeyTable {
    private(set) var keys: [[UInt8]]
    private var index: [[UInt8]: Int] = [:]

    /// - Parameter fixed: keys that scripts know by their place.
    init(_ fixed: [[UInt8]]) {
        keys = fixed
    }

    mutating func place(_ key: [UInt8]) -> [UInt8] {
        if let known = index[key] { return decimal(known) }
        keys.append(key)
        index[key] = keys.count
        return decimal(keys.count)
    }
}

func decimal(_ n: some BinaryInteger) -> [UInt8] { Array(String(n).utf8) }

extension OrderID {
    /// The order's place within its string of states.
    var placeInChunk: [UInt8] { decimal(sequence % StoreKeys.ordersPerChunk) }
}
