import NIOCore
import Orders
import Redis

/// A rebuild that has Redis to itself: closed under an epoch of its own.
package struct RebuildTenure: Sendable, Equatable {
    /// A random number of the rebuilder's.
    package let owner: UInt64
    /// Opened when the rebuild is done.
    package let epoch: UInt16

    package init(owner: UInt64, epoch: UInt16) {
        self.owner = owner
        self.epoch = epoch
    }

    /// What stands in the place of a shard's epoch meanwhile.
    var token: [UInt8] {
        Array("R\(epoch):\(String(owner, radix: 16))".utf8)
    }
}

/// What came of asking for a rebuild.
package enum TenureAnswer: Sendable, Equatable {
    case taken(RebuildTenure)
    /// Another rebuilder has it for so many ms, or longer.
    case busy(remainingMs: Int64)
}

/// Closing a campaign, writing what was found of it, opening it again. For the Reconciler only.
extension OrderStore {
    /// Fields or strings that one script call writes.
    private static let pairsACall = 200
    private static let bytesACall = 1 << 16

    // MARK: - The campaign's epoch

    /// Closes the campaign for a rebuild, under an epoch above Redis's and `floor`.
    ///
    /// - Parameter floor: the highest epoch that is known from elsewhere.
    package func takeRebuild(
        owner: UInt64, leaseMs: Int64, floor: UInt16
    ) async throws(RedisFailure) -> TenureAnswer {
        try await awaiting { store, then in
            store.call(
                EpochScripts.take, keys: [store.keys.epoch],
                arguments: [owner.bigEndianBytes, decimal(leaseMs), decimal(floor)], then: then
            ) { reply in
                guard let numbers = reply.array, numbers.count == 2, let taken = numbers[0].integer,
                    let value = numbers[1].integer
                else { return nil }
                guard taken == 1 else { return .busy(remainingMs: value) }
                return UInt16(exactly: value).map { .taken(RebuildTenure(owner: owner, epoch: $0)) }
            }
        }
    }

    /// Prolongs the lease; false: somebody else has taken over.
    package func keepRebuild(_ tenure: RebuildTenure, leaseMs: Int64) async throws(RedisFailure) -> Bool {
        try await awaiting { store, then in
            store.call(
                EpochScripts.keep, keys: [store.keys.epoch],
                arguments: [tenure.owner.bigEndianBytes, decimal(tenure.epoch), decimal(leaseMs)], then: then
            ) { $0.integer.map { $0 == 1 } }
        }
    }

    /// Closes every shard to everybody else. The answer is the highest epoch that stands in their way, nil
    /// when all are fenced.
    package func fenceShards(_ tenure: RebuildTenure) async throws(RedisFailure) -> UInt16? {
        var highest: Int64 = 0
        for shard in 0..<UInt16(keys.shards) {
            let found: Int64 = try await awaiting { store, then in
                store.call(
                    EpochScripts.fence, keys: [store.keys.epoch(shard: shard)],
                    arguments: [decimal(tenure.epoch), tenure.token], then: then
                ) { $0.integer }
            }
            highest = max(highest, found)
        }
        return highest == 0 ? nil : UInt16(clamping: highest)
    }

    /// Opens every shard under the rebuild's epoch.
    package func openShards(_ tenure: RebuildTenure) async throws(RedisFailure) {
        for shard in 0..<UInt16(keys.shards) {
            try await write(
                EpochScripts.openShard, [keys.epoch(shard: shard)], [tenure.token, decimal(tenure.epoch)])
        }
    }

    /// Opens the campaign; false: somebody else has taken over.
    ///
    /// - Parameter runs: the masters' runs, unchanged since the shards were fenced.
    package func openRebuilt(_ tenure: RebuildTenure, runs: [String]) async throws(RedisFailure) -> Bool {
        try await awaiting { store, then in
            store.call(
                EpochScripts.openRebuilt, keys: [store.keys.epoch],
                arguments: [tenure.owner.bigEndianBytes, decimal(tenure.epoch)] + runs.map { Array($0.utf8) },
                then: then
            ) { $0.integer.map { $0 == 1 } }
        }
    }

    /// Shards that are not open under the epoch: a master has lost them.
    package func shardsNotOpen(epoch: UInt16) async throws(RedisFailure) -> [UInt16] {
        let wanted = decimal(epoch)
        var lost = [UInt16]()
        for shard in 0..<UInt16(keys.shards) {
            var command = RedisCommand("GET")
            command.add(keys.epoch(shard: shard))
            if try await redis.send(command).bytes != wanted { lost.append(shard) }
        }
        return lost
    }

    // MARK: - Writing under a tenure

    /// Sets fields of a shard's hash and removes others.
    package func restore(
        _ tenure: RebuildTenure, shard: UInt16, hash: [UInt8], set: [(field: [UInt8], value: [UInt8])],
        remove: [[UInt8]] = []
    ) async throws(RedisFailure) {
        let keys = [keys.epoch(shard: shard), hash]
        for start in stride(from: 0, to: set.count, by: Self.pairsACall) {
            let part = set[start..<min(start + Self.pairsACall, set.count)]
            var arguments = [tenure.token, decimal(part.count)]
            for (field, value) in part { arguments += [field, value] }
            try await write(RestoreScripts.hash, keys, arguments)
        }
        for start in stride(from: 0, to: remove.count, by: Self.pairsACall) {
            let part = remove[start..<min(start + Self.pairsACall, remove.count)]
            try await write(RestoreScripts.hash, keys, [tenure.token, decimal(0)] + part)
        }
    }

    /// Sets fields of many hashes of a shard, one script call each, many on their way at once.
    package func restore(
        _ tenure: RebuildTenure, shard: UInt16, hashes: [[UInt8]: [(field: [UInt8], value: [UInt8])]]
    ) async throws(RedisFailure) {
        let calls = hashes.flatMap { hash, pairs in
            stride(from: 0, to: pairs.count, by: Self.pairsACall).map { start in
                (hash, Array(pairs[start..<min(start + Self.pairsACall, pairs.count)]))
            }
        }
        for start in stride(from: 0, to: calls.count, by: Self.pairsACall) {
            let part = Array(calls[start..<min(start + Self.pairsACall, calls.count)])
            let _: Void = try await awaiting { store, then in
                var left = part.count
                var failure: RedisFailure?
                for (hash, pairs) in part {
                    let arguments =
                        [tenure.token, decimal(pairs.count)] + pairs.flatMap { [$0.field, $0.value] }
                    store.call(
                        RestoreScripts.hash, keys: [store.keys.epoch(shard: shard), hash],
                        arguments: arguments,
                        then: { (result: Result<Int64, RedisFailure>) in
                            if case .failure(let cause) = result { failure = failure ?? cause }
                            left -= 1
                            if left == 0 { then(failure.map { .failure($0) } ?? .success(())) }
                        }, decode: { $0.integer })
                }
            }
        }
    }

    /// Sets strings of a shard.
    package func restore(
        _ tenure: RebuildTenure, shard: UInt16, strings: [(key: [UInt8], value: [UInt8])]
    ) async throws(RedisFailure) {
        let most = Self.bytesACall / 2048
        for start in stride(from: 0, to: strings.count, by: most) {
            let part = strings[start..<min(start + most, strings.count)]
            try await write(
                RestoreScripts.strings, [keys.epoch(shard: shard)] + part.map(\.key),
                [tenure.token] + part.map(\.value))
        }
    }

    /// Forgets keys of a shard.
    package func drop(_ tenure: RebuildTenure, shard: UInt16, _ dropped: [[UInt8]]) async throws(RedisFailure)
    {
        for start in stride(from: 0, to: dropped.count, by: Self.pairsACall) {
            let part = dropped[start..<min(start + Self.pairsACall, dropped.count)]
            try await write(RestoreScripts.drop, [keys.epoch(shard: shard)] + part, [tenure.token])
        }
    }

    /// Sets all fields of a hash of the campaign, in place of those it had.
    package func restore(
        _ tenure: RebuildTenure, campaignHash hash: [UInt8], _ pairs: [(field: String, value: String)]
    ) async throws(RedisFailure) {
        let who = [tenure.owner.bigEndianBytes, decimal(tenure.epoch)]
        for start in stride(from: 0, to: max(pairs.count, 1), by: Self.pairsACall) {
            let part = pairs[start..<min(start + Self.pairsACall, pairs.count)]
            let fields = part.flatMap { [Array($0.field.utf8), Array($0.value.utf8)] }
            try await write(
                RestoreScripts.campaignHash, [keys.epoch, hash], who + [decimal(start == 0 ? 1 : 0)] + fields)
        }
    }

    /// Writes a string of the campaign, in place of what it held.
    package func restore(
        _ tenure: RebuildTenure, campaignString key: [UInt8], _ bytes: [UInt8]
    ) async throws(RedisFailure) {
        let who = [tenure.owner.bigEndianBytes, decimal(tenure.epoch)]
        for start in stride(from: 0, to: max(bytes.count, 1), by: Self.bytesACall) {
            let part = Array(bytes[start..<min(start + Self.bytesACall, bytes.count)])
            try await write(
                RestoreScripts.campaignString, [keys.epoch, key], who + [decimal(start), part])
        }
    }

    private func write(
        _ script: RedisScript, _ keys: [[UInt8]], _ arguments: [[UInt8]]
    ) async throws(RedisFailure) {
        _ = try await redis.run(script, keys: keys, arguments: arguments)
    }
}
