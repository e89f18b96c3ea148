import CampaignFiles
import Catalog
import Foundation
import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Redis
import Stack
import Synchronization
import Wire

/// A real redis-server, a Kafka cluster in this process, a small campaign, and the reconciler as its
/// operators use it.
final class ReconcilerHouse: Sendable {
    let catalog: Catalog
    let topics: Topics
    let store: OrderStore
    private let run: RunDirectory
    private let redis: RedisServer
    private let cluster: LocalCluster
    private let producer: KafkaProducer
    private let acknowledged = Acknowledgements()
    private let started = Mutex(0)
    private static let environment = ["HONGBAO_ROLES_PORT": "1"]
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter more: lines of its settings file.
    init(_ more: String = "") async throws {
        run = try RunDirectory.claimUnique(prefix: "reconciler")
        redis = try RedisServer(in: run)
        cluster = try LocalCluster(logger: Self.logger)
        let campaign = try ClaimCampaign(in: run)
        catalog = try CampaignDirectory.load(campaign.directory, environment: Self.environment)
        topics = Topics(campaign: catalog.campaign.id)
        for topic in topics.all(catalog) { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connection = RedisRouter(try RedisTarget(url: redis.url), loop: loop)
        try await connection.ready(within: .seconds(10))
        let storage = catalog.campaign.storage
        store = OrderStore(
            redis: connection,
            keys: StoreKeys(
                campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        let catalog = catalog
        _ = try await store.awaiting { store, then in store.markFresh(then: then) }
        _ = try await store.awaiting { store, then in
            store.openFresh(catalog: catalog, laneFloor: 1, then: then)
        }
        store.epoch = 1
        let reports = acknowledged
        producer = try KafkaProducer(
            options: KafkaClientOptions(bootstrap: cluster.bootstrap),
            reporters: [(loop, { @Sendable in reports.resolve($0) })], logger: Self.logger)
        let settings = """
            campaign: \(campaign.directory)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(cluster.bootstrap)"}
            \(more)
            """
        try Data(settings.utf8).write(to: URL(fileURLWithPath: settingsPath))
    }

    var settingsPath: String { "\(run.path)/reconciler.yaml" }
    func path(_ name: String) -> String { "\(run.path)/\(name)" }

    func reconciler(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
        try reconciler(arguments)
    }

    /// Runs a command to its end.
    ///
    /// - Parameter dyingAt: the step behind which it is killed as by a power cut.
    func reconciler(
        _ arguments: [String], dyingAt step: String? = nil
    ) throws -> (exit: ChildProcess.Exit?, output: String) {
        let process = try begin(arguments, dyingAt: step)
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 100))
    }

    func begin(_ arguments: [String], dyingAt step: String? = nil) throws -> ChildProcess {
        let name = "reconciler-\(started.withLock { $0 += 1; return $0 })"
        var environment = Self.environment
        environment["HONGBAO_DIE_AT"] = step
        return try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"), arguments: arguments,
            environment: environment, in: run)
    }

    /// Makes a plan; its checksum.
    func plan(_ path: String) throws -> String {
        let planned = try reconciler("plan", "--config", settingsPath, "--out", path)
        guard planned.exit == .code(0),
            case .object(let plan) = try JSON.parse(FileBytes.read(path), limits: .document),
            case .string(let checksum)? = plan["checksum"]
        else { throw StackFailure("no plan: \(planned.output)") }
        return checksum
    }

    /// The phases of resends that the control topic tells of, with their orders.
    func acts() throws -> [(phase: ControlRecord.ResendPhase, orders: Int, by: String)] {
        var acts = [(phase: ControlRecord.ResendPhase, orders: Int, by: String)]()
        try TopicScan.all(topics.control, reader: try reader()) { _, record in
            if case .resend(_, let orders, let phase, let by, _, _)? = try? ControlRecord.decode(record.value)
            {
                acts.append((phase, orders, by))
            }
        }
        return acts
    }

    /// Accepts claims as the claim service does, in one shard.
    func claim(_ count: Int, firstSequence: UInt32 = 0, user: UInt64 = 77) async throws -> [Order] {
        let shard = store.keys.shard(user: user)
        let orders = (0..<count).map { number in
            Order(
                id: OrderID(rawValue: 0), coupon: UInt64(firstSequence) + UInt64(number) + 1, user: user,
                gift: 0,
                region: 1, role: 5, claimedAtMs: 1_770_000_000_000,
                deadlineMs: 1_770_000_000_000 + 172_800_000)
        }
        return try await store.accept(
            orders, shard: shard, lane: 9, first: firstSequence,
            credits: [StockCredit(gift: 0, drawnEver: 100)])
    }

    /// Writes their records, in one partition and in order, and takes them out of the outbox.
    func queue(_ orders: [Order]) async throws {
        for order in orders {
            try await produce(
                topics.orders(game: catalog.games[0].id), key: order.id.text,
                OrderRecord.encode(order, catalog))
        }
        _ = try await store.awaiting { store, then in
            store.confirm(shard: orders[0].id.shard, orders: orders.map(\.id), then: then)
        }
    }

    /// Delivers one as the deliverer does, but for the offset.
    func deliver(_ order: Order, _ outcome: Outcome) async throws {
        _ = try await store.awaiting { store, then in
            store.begin(
                shard: order.id.shard, owner: 3, lifeMs: 60_000,
                entries: [AttemptEntry(order: order, attempt: 1, resendsUnknown: false)], then: then)
        }
        let record = OutcomeRecord(
            order: order.id, coupon: order.coupon, game: catalog.games[0].id, gift: catalog.gifts[0].id,
            attempt: 1,
            outcome: outcome, status: 200, atMs: order.claimedAtMs, owner: 3, reason: "")
        try await produce(topics.outcomes, key: order.id.text, record.encode())
        _ = try await store.awaiting { store, then in
            store.settle(
                shard: order.id.shard,
                entries: [SettleEntry(order: order.id, event: outcome.event, attempt: 1)], then: then)
        }
    }

    /// Redis loses the states of the orders around one.
    func forgetStates(of order: Order) async throws {
        var command = RedisCommand("DEL")
        command.add(store.keys.states(order.id))
        _ = try await store.redis.send(command)
    }

    /// The classes of a report that hold anything.
    func classes(_ path: String) throws -> [String: Int64] {
        guard case .object(let report) = try JSON.parse(FileBytes.read(path), limits: .document),
            case .object(let classes)? = report["classes"]
        else { throw StackFailure("\(path) is no report") }
        return classes.members.reduce(into: [:]) { counts, member in
            if case .integer(let count) = member.value, count > 0 { counts[member.key] = count }
        }
    }

    /// Moves the deliverers' mark.
    func commit(_ offset: Int64) throws {
        try reader().commit(group: CampaignTopics.delivererGroup(catalog), [ordersPartition: offset])
    }

    /// IDs in the orders topic from an offset on; there only what is marked as sent again.
    func queued(from offset: Int64) throws -> [OrderID] {
        let reader = try reader()
        var ids = [OrderID]()
        try TopicScan.all(ordersPartition.topic, reader: reader) { partition, record in
            guard partition != ordersPartition || record.offset >= offset else { return }
            if let id = OrderID(text: record.key) { ids.append(id) }
            if let order = try? OrderRecord.decode(record.value, catalog), !order.isResend {
                ids.removeLast()
            }
        }
        return ids
    }

    func produce(_ topic: String, key: String, _ value: [UInt8]) async throws {
        let token = UInt64(
            started.withLock {
                $0 += 1; return $0
            })
        let failure = await withCheckedContinuation { then in
            acknowledged.expect(token, then)
            do throws(KafkaFailure) {
                try producer.produce(
                    topic: topic, partition: 0, key: Array(key.utf8), value: value, reporter: 0, token: token)
            } catch {
                acknowledged.resolve(token, error)
            }
        }
        if let failure { throw failure }
    }

    func stop() async {
        await producer.close(deadlineMs: 2_000)
        await store.redis.shutDown()
        redis.stop()
        run.release()
    }

    private var ordersPartition: TopicPartition {
        TopicPartition(topic: topics.orders(game: catalog.games[0].id), partition: 0)
    }

    private func reader() throws -> KafkaReader {
        try KafkaReader(options: KafkaClientOptions(bootstrap: cluster.bootstrap), logger: Self.logger)
    }
}

/// Who waits for which report.
private final class Acknowledgements: Sendable {
    private let waiting = Mutex<[UInt64: CheckedContinuation<KafkaFailure?, Never>]>([:])

    func expect(_ token: UInt64, _ then: CheckedContinuation<KafkaFailure?, Never>) {
        waiting.withLock { $0[token] = then }
    }

    func resolve(_ reports: [DeliveryReport]) {
        for report in reports { resolve(report.token, report.failure) }
    }

    func resolve(_ token: UInt64, _ failure: KafkaFailure?) {
        waiting.withLock { $0.removeValue(forKey: token) }?.resume(returning: failure)
    }
}
