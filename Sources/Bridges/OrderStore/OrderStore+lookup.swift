import Orders
import Redis

/// Look-ups of many orders at a time, for operators' tools: pipelined, each command and each batch of
/// commands of bounded size. They look at no epoch.
extension OrderStore {
    /// Commands that wait for their answers at a time.
    package static let lookupsAtOnce = 128
    /// States asked for in one command.
    private static let statesACommand = 256
    /// Entries that one `HSCAN` may look at, about.
    private static let scanCount = 512

    /// The states of orders, in the order of the orders. Only the four bits of each are read.
    package func standings(_ orders: [OrderID]) async throws(RedisFailure) -> [OrderState] {
        var places: [[UInt8]: [Int]] = [:]
        for (index, order) in orders.enumerated() { places[keys.states(order), default: []].append(index) }
        var asked = [(command: RedisCommand, indices: ArraySlice<Int>)]()
        for (key, indices) in places {
            for start in stride(from: 0, to: indices.count, by: Self.statesACommand) {
                let part = indices[start..<min(start + Self.statesACommand, indices.count)]
                var command = RedisCommand("BITFIELD_RO", reserving: 32 + part.count * 12)
                command.add(key)
                for index in part {
                    command.add("GET")
                    command.add("u4")
                    command.add("#\(orders[index].sequence % StoreKeys.ordersPerChunk)")
                }
                asked.append((command, part))
            }
        }
        var states = [OrderState](repeating: .none, count: orders.count)
        let replies = try await pipelined(asked.map(\.command))
        for (reply, (_, indices)) in zip(replies, asked) {
            guard let numbers = reply.array, numbers.count == indices.count else {
                throw Self.oddShape("BITFIELD_RO")
            }
            for (number, index) in zip(numbers, indices) {
                states[index] = OrderState(rawValue: UInt8(truncatingIfNeeded: number.integer ?? 0)) ?? .none
            }
        }
        return states
    }

    /// The orders of a shard of which an attempt was begun and that have not ended, with the attempts made:
    /// parked ones are among them. Some at a time; `each` is called for every page, some orders may come
    /// twice.
    package func attempted(
        shard: UInt16, each: ([(order: OrderID, made: UInt16)]) async throws -> Void
    ) async throws {
        var cursor = Array("0".utf8)
        repeat {
            var command = RedisCommand("HSCAN")
            command.add(keys.attempts(shard: shard))
            command.add(cursor)
            command.add("COUNT")
            command.add("\(Self.scanCount)")
            let reply = try await redis.send(command).array ?? []
            guard reply.count == 2, let next = reply[0].bytes, let entries = reply[1].array else {
                throw Self.oddShape("HSCAN")
            }
            cursor = next
            var page = [(order: OrderID, made: UInt16)]()
            for at in stride(from: 0, to: entries.count - 1, by: 2) {
                guard let order = entries[at].bytes.flatMap({ OrderID(bytes: $0) }),
                    let value = entries[at + 1].bytes, value.count >= 2
                else { continue }
                page.append((order, UInt16(value[0]) << 8 | UInt16(value[1])))
            }
            try await each(page)
        } while cursor != Array("0".utf8)
    }

    /// The attempts made of open orders; an order of which none was made is absent.
    package func attemptsMade(_ orders: [OrderID]) async throws(RedisFailure) -> [OrderID: UInt16] {
        let commands = orders.map { order in
            var command = RedisCommand("HGET")
            command.add(keys.attempts(shard: order.shard))
            command.add(order.bytes)
            return command
        }
        var made: [OrderID: UInt16] = [:]
        for (reply, order) in zip(try await pipelined(commands), orders) {
            guard let value = reply.bytes, value.count >= 2 else { continue }
            made[order] = UInt16(value[0]) << 8 | UInt16(value[1])
        }
        return made
    }

    /// The claims of orders. An order's ID does not tell whose it is, so that the buckets of its shard are
    /// walked until all wanted ones were met; one whose claim is not there is absent.
    package func claims(of orders: Set<OrderID>) async throws(RedisFailure) -> [OrderID: Order] {
        var found: [OrderID: Order] = [:]
        let shards = Dictionary(grouping: orders, by: \.shard)
        for (shard, wanted) in shards.sorted(by: { $0.key < $1.key }) {
            var left = Set(wanted)
            for start in stride(from: 0, to: keys.buckets, by: Self.lookupsAtOnce) where !left.isEmpty {
                let commands = (start..<min(start + Self.lookupsAtOnce, keys.buckets)).map { bucket in
                    var command = RedisCommand("HGETALL")
                    command.add(keys.claims(shard: shard, bucket: bucket))
                    return command
                }
                for reply in try await pipelined(commands) {
                    for order in Self.claims(in: reply) where left.remove(order.id) != nil {
                        found[order.id] = order
                    }
                }
            }
        }
        return found
    }

    /// Sends commands, some at a time, and gives their replies in order; the first failure is thrown when all
    /// that were sent with it have ended.
    package func pipelined(_ commands: [RedisCommand]) async throws(RedisFailure) -> [RedisReply] {
        var replies = [RedisReply]()
        replies.reserveCapacity(commands.count)
        for start in stride(from: 0, to: commands.count, by: Self.lookupsAtOnce) {
            let part = Array(commands[start..<min(start + Self.lookupsAtOnce, commands.count)])
            replies += try await awaiting { store, then in
                var answers = [RedisReply](repeating: .null, count: part.count)
                var left = part.count
                var failure: RedisFailure?
                for (index, command) in part.enumerated() {
                    store.redis.send(command) { result in
                        switch result {
                        case .success(let reply): answers[index] = reply
                        case .failure(let cause): failure = failure ?? cause
                        }
                        left -= 1
                        if left == 0 { then(failure.map { .failure($0) } ?? .success(answers)) }
                    }
                }
            }
        }
        return replies
    }

    private static func oddShape(_ command: String) -> RedisFailure {
        RedisFailure(kind: .unknown, message: "\(command) gave an answer of another shape")
    }
}
