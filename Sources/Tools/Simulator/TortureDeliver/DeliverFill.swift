import Catalog
import Kafka
import Logging
import NIOCore
import OrderLog
import OrderStore
import Orders
import Profiles
import Redis
import Stack
import Telemetry
import Wire

/// Accepts orders as Claim does: decided in Redis, written to Kafka, confirmed in Redis. Opens the campaign
/// first.
///
/// `@unchecked Sendable`: one task calls its methods, one at a time; child tasks of a round touch the store
/// only, which hops to its loop.
final class DeliverFill: @unchecked Sendable {
    /// An order as it was accepted, and what is to become of it.
    struct Accepted: Sendable, Equatable {
        var game: Int
        var coupon: UInt64
        /// Its role is not its person's.
        var isMisaddressed: Bool
        /// Its deadline passes while blows fall.
        var isShort: Bool
    }

    /// Packs beyond its part that a shard draws, since people do not spread evenly.
    static let spareAShard = 200
    /// People a shard and round, about; their spread stays below what a batch takes.
    private static let peopleAShard = 180
    private static let leaseMs: Int64 = 3_600_000
    private static let lifeMs: Int64 = 172_800_000

    private let house: DeliverHouse
    private let scale: DeliverScale
    private let roles: RoleWorld
    private let router: RedisRouter
    private let store: OrderStore
    private let writer: AcknowledgedAppend
    private let topics: Topics
    private(set) var orders: [OrderID: Accepted] = [:]
    private var user: UInt64
    private var next: [UInt32] = []
    private var lane: UInt32 = 0
    private var credits: [[StockCredit]] = []
    private var perGame: [Int]

    init(_ house: DeliverHouse, _ scale: DeliverScale, loop: any EventLoop) throws {
        self.house = house
        self.scale = scale
        roles = RoleWorld(seed: scale.seed, catalog: house.catalog)
        router = RedisRouter(try RedisTarget(url: house.redis.url), loop: loop)
        let storage = house.catalog.campaign.storage
        store = OrderStore(
            redis: router,
            keys: StoreKeys(
                campaign: DeliverCampaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        writer = try AcknowledgedAppend(
            options: KafkaClientOptions(bootstrap: house.kafka.bootstrap, clientID: "hongbao-torture"),
            loop: loop, logger: Logger(label: "writer"))
        topics = Topics(campaign: DeliverCampaign.id)
        user = splitMix64(scale.seed ^ 0x7573_6572) % 1_000_000 * 10_000_000
        perGame = Array(repeating: 0, count: house.catalog.games.count)
    }

    func close() async {
        await writer.close()
        await router.shutDown()
    }

    // MARK: - Opening

    /// Opens the campaign as the first Claim process does, takes a lane and draws stock.
    func open() async throws {
        try await router.ready(within: .seconds(10))
        try await store.awaiting { store, then in store.markFresh(then: then) }
        try await control(.epoch(epoch: 1, cause: "opened", by: "torture", atMs: SystemClock.nowMs), "epoch")
        let floor = UInt32(clamping: SystemClock.nowMs / 1000 - OrderStore.laneEpochS)
        let catalog = house.catalog
        try await store.awaiting { store, then in
            store.openFresh(catalog: catalog, laneFloor: floor, then: then)
        }
        let standing: Standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard let epoch = standing.openEpoch else { throw StackFailure("the campaign is \(standing)") }
        store.epoch = epoch
        let owner = splitMix64(scale.seed)
        lane = try await store.awaiting { store, then in
            store.acquireLane(owner: owner, leaseMs: Self.leaseMs, then: then)
        }
        let record = ControlRecord.lane(lane: lane, owner: owner, epoch: epoch, atMs: SystemClock.nowMs)
        try await control(record, "lane")
        next = Array(repeating: 0, count: store.keys.shards)
        for shard in 0..<store.keys.shards { credits.append(try await draw(UInt16(shard))) }
    }

    private func control(_ record: ControlRecord, _ key: String) async throws {
        try await writer.append([
            OutgoingRecord(topic: topics.control, key: Array(key.utf8), value: record.encode())
        ])
    }

    private func draw(_ shard: UInt16) async throws -> [StockCredit] {
        let most = scale.orders / store.keys.shards + Self.spareAShard
        var credits: [StockCredit] = []
        for gift in house.catalog.gifts {
            let drawn: DrawnStock = try await store.awaiting { store, then in
                store.draw(gift: gift, shard: shard, wanted: most, creditedEver: 0, then: then)
            }
            credits.append(drawn.credit(gift: gift.slot))
        }
        return credits
    }

    // MARK: - Accepting

    func fill() async throws {
        let beganMs = SystemClock.nowMs
        while orders.count < scale.orders {
            let round = min(scale.orders - orders.count, Self.peopleAShard * next.count)
            var shards = [[Order]](repeating: [], count: next.count)
            var notes: [UInt64: Accepted] = [:]
            for index in orders.count..<orders.count + round {
                let (order, note) = nextOrder(index, beganMs: beganMs)
                notes[order.coupon] = note
                shards[Int(store.keys.shard(user: order.user))].append(order)
            }
            try await accept(shards, notes)
        }
        let poison = (0..<DeliverScale.poison).map { number in
            OutgoingRecord(
                topic: topics.orders(game: DeliverCampaign.names[number % DeliverCampaign.names.count]),
                key: Array("poison-\(number)".utf8), value: Array("not an order \(number)".utf8))
        }
        try await writer.append(poison)
    }

    /// Somebody who plays, and of their games the one that has the fewest orders.
    private func nextOrder(_ index: Int, beganMs: Int64) -> (Order, Accepted) {
        var registrations: [GameProfile] = []
        while registrations.isEmpty {
            user += 1
            registrations = roles.registrations(of: user)
        }
        let mine = registrations.min { perGame[Int($0.game)] < perGame[Int($1.game)] }!
        perGame[Int(mine.game)] += 1
        let coupon = splitMix64(splitMix64(scale.seed) &+ UInt64(index))
        let note = Accepted(
            game: Int(mine.game), coupon: coupon,
            isMisaddressed: index % DeliverScale.misaddressedEvery == 7,
            isShort: index % DeliverScale.shortEvery == 5)
        // Somewhere between the beginning and the end of the blows.
        let shortMs = Int64(splitMix64(coupon) % UInt64(scale.seconds * 800)) + Int64(scale.seconds) * 200
        let role = mine.roles[0]
        let order = Order(
            id: OrderID(rawValue: 0), coupon: coupon, user: user,
            gift: house.catalog.giftsByGame[Int(mine.game)][0], region: role.region,
            role: role.id + (note.isMisaddressed ? 1 : 0), claimedAtMs: beganMs,
            deadlineMs: beganMs + (note.isShort ? shortMs : Self.lifeMs), epoch: store.epoch)
        return (order, note)
    }

    /// One batch to each shard, all under way at once; then Kafka; then Redis is told.
    private func accept(_ shards: [[Order]], _ notes: [UInt64: Accepted]) async throws {
        let (store, lane) = (store, lane)
        var accepted: [(shard: UInt16, orders: [Order])] = []
        try await withThrowingTaskGroup(of: (UInt16, [Order]).self) { group in
            for (shard, claims) in shards.enumerated() where !claims.isEmpty {
                guard claims.count <= OrderStore.maxBatch else { throw StackFailure("a batch is too long") }
                let (first, credits) = (next[shard], credits[shard])
                next[shard] += UInt32(claims.count)
                self.credits[shard] = []
                group.addTask {
                    let shard = UInt16(shard)
                    let orders = try await store.accept(
                        claims, shard: shard, lane: lane, first: first, credits: credits)
                    return (shard, orders)
                }
            }
            for try await (shard, orders) in group { accepted.append((shard, orders)) }
        }
        var records: [OutgoingRecord] = []
        for order in accepted.flatMap(\.orders) {
            let note = notes[order.coupon]!
            let record = OutgoingRecord(
                topic: topics.orders(game: DeliverCampaign.names[note.game]),
                key: Array(order.id.text.utf8), value: OrderRecord.encode(order, house.catalog))
            records.append(record)
            if order.coupon % UInt64(DeliverScale.twinEvery) == 0 { records.append(record) }
            orders[order.id] = note
        }
        try await writer.append(records)
        for (shard, orders) in accepted {
            let ids = orders.map(\.id)
            let confirmed: Int = try await store.awaiting { store, then in
                store.confirm(shard: shard, orders: ids, then: then)
            }
            guard confirmed == ids.count else { throw StackFailure("\(confirmed) orders were confirmed") }
        }
    }
}
