import Wire

/// The names of everything that Redis holds for a campaign, and the fixed hashes that place people and
/// coupons.
///
/// All that a claim touches shares the hash tag `{<campaign>:<shard>}`, so that one script decides over it
/// and a Redis Cluster may spread the shards. What belongs to the campaign as a whole has the tag
/// `{<campaign>}`.
///
/// | key | holds |
/// | --- | --- |
/// | `{c:s}:e` | string: the epoch in decimal while it is open; a rebuilder's token while Redis is rebuilt |
/// | `{c:s}:c:<bucket>` | hash: coupon (8 bytes) → ``ClaimRecord`` (43 bytes) |
/// | `{c:s}:q:<bucket>` | hash: user (8 bytes) → total u16, day u16, in that day u16, (gift u16, count u8)… |
/// | `{c:s}:s:<lane>:<chunk>` | string: 4 bits an order, ``OrderState``; 4,096 orders a chunk |
/// | `{c:s}:f` | hash: order → attempt u16, owner u64, deadline u48 (ms, Redis's clock), of open attempts |
/// | `{c:s}:o` | hash: order → coupon u64, user u64, accepted at u48 (ms); the outbox |
/// | `{c:s}:k` | hash: `a<gift>` stock at hand, `c<gift>` credited from the pool, ever |
/// | `{c}:lend` | hash: deliverer (8 bytes) → written at u48 (ms), sequence u64, its entry for the others |
/// | `{c}:pool` | hash: `t<gift>` total, `l<gift>` left, `d<gift>:<shard>` drawn by the shard, ever |
/// | `{c}:lanes` | hash: `next` lane counter, `run`, `l<lane>` owner u64 and lease end u48 |
/// | `{c}:control` | hash: `l:<game>` limit, `l:` total limit, `g:<game>` gate, as JSON; `v` a counter |
/// | `{c}:runs` | hash: the reconcilers' lease, see `RunLeaseScripts` |
/// | `{c}:epoch` | hash: `epoch`, `state`, `r<run>:<replication>` of good masters, `rebuilder` and its lease
/// |
package struct StoreKeys: Sendable {
    /// Orders in one state string: 2 KiB when full.
    package static let ordersPerChunk: UInt32 = 4096

    package let campaign: String
    package let shards: Int
    package let buckets: Int
    private let tags: [[UInt8]]

    package init(campaign: String, shards: Int, buckets: Int) {
        precondition((1...OrderID.maxShards).contains(shards) && buckets > 0)
        self.campaign = campaign
        self.shards = shards
        self.buckets = buckets
        tags = (0..<shards).map { Array("{\(campaign):\($0)}:".utf8) }
    }

    /// The shard of a person: splitMix64 of the user number, modulo the campaign's frozen shard count.
    package func shard(user: UInt64) -> UInt16 {
        UInt16(splitMix64(user) % UInt64(shards))
    }

    /// The bucket of a person within the shard: all claims of one person stand in one bucket, so that a
    /// person's order is found by its ID alone, and a person's claims can be counted.
    package func bucket(user: UInt64) -> Int {
        Int((splitMix64(user) >> 32) % UInt64(buckets))
    }

    package func claims(shard: UInt16, bucket: Int) -> [UInt8] { key(shard, "c", bucket) }
    package func claims(user: UInt64) -> [UInt8] {
        claims(shard: shard(user: user), bucket: bucket(user: user))
    }
    package func states(_ order: OrderID) -> [UInt8] {
        states(shard: order.shard, lane: order.lane, chunk: order.sequence / Self.ordersPerChunk)
    }
    package func states(shard: UInt16, lane: UInt32, chunk: UInt32) -> [UInt8] {
        key(shard, "s:\(lane):\(chunk)")
    }
    package func epoch(shard: UInt16) -> [UInt8] { key(shard, "e") }
    package func quotas(shard: UInt16, bucket: Int) -> [UInt8] { key(shard, "q", bucket) }
    package func quotas(user: UInt64) -> [UInt8] {
        quotas(shard: shard(user: user), bucket: bucket(user: user))
    }
    package func held(shard: UInt16) -> [UInt8] { key(shard, "h") }
    package func amounts(shard: UInt16, gift: UInt16) -> [UInt8] { key(shard, "m:\(gift)") }
    package func attempts(shard: UInt16) -> [UInt8] { key(shard, "f") }
    package func outbox(shard: UInt16) -> [UInt8] { key(shard, "o") }
    package func stock(shard: UInt16) -> [UInt8] { key(shard, "k") }

    /// Amounts of a lucky packet that was split at the opening, as a string of 4 bytes each.
    package func split(gift: UInt16) -> [UInt8] { Array("{\(campaign)}:m:\(gift)".utf8) }

    package var pool: [UInt8] { Array("{\(campaign)}:pool".utf8) }
    package var lend: [UInt8] { Array("{\(campaign)}:lend".utf8) }
    package var lanes: [UInt8] { Array("{\(campaign)}:lanes".utf8) }
    package var epoch: [UInt8] { Array("{\(campaign)}:epoch".utf8) }
    package var ops: [UInt8] { Array("{\(campaign)}:ops".utf8) }

    package var runs: [UInt8] { Array("{\(campaign)}:runs".utf8) }
    package var control: [UInt8] { Array("{\(campaign)}:control".utf8) }

    private func key(_ shard: UInt16, _ rest: String) -> [UInt8] {
        tags[Int(shard)] + rest.utf8
    }

    /// Of the names that every claim needs, without a String in between.
    private func key(_ shard: UInt16, _ letter: Unicode.Scalar, _ bucket: Int) -> [UInt8] {
        let tag = tags[Int(shard)]
        var name = [UInt8]()
        name.reserveCapacity(tag.count + 12)
        name += tag
        name.append(UInt8(ascii: letter))
        name.append(UInt8(ascii: ":"))
        DecimalDigits.append(UInt64(bucket), to: &name)
        return name
    }
}
