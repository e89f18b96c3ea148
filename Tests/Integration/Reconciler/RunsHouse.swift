import CampaignFiles
import Catalog
import Credentials
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

/// Reconcilers as processes over one Redis, one broker and one directory of reports. Gone when the test ends.
final class RunsHouse: Sendable {
    let run: RunDirectory
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let catalog: Catalog
    /// Of the test's own, over the campaign's keys.
    let store: OrderStore
    private let campaign: ClaimCampaign
    private let group: MultiThreadedEventLoopGroup
    private let services = Mutex<[ServiceUnderTest]>([])
    private let commands = Mutex(0)
    private static let environment = ["HONGBAO_ROLES_PORT": "1"]

    /// A campaign whose last phase is over.
    static let isOver = [
        "\"closesAt\": \"2090-01-01T00:00:00Z\"": "\"closesAt\": \"2020-01-02T00:00:00Z\"",
        "\"endsAt\": \"2090-01-03T00:00:00Z\"": "\"endsAt\": \"2020-01-04T00:00:00Z\"",
    ]

    private init(_ run: RunDirectory, _ group: MultiThreadedEventLoopGroup, edits: [String: String]) throws {
        self.run = run
        self.group = group
        campaign = try ClaimCampaign(in: run, edits: edits)
        catalog = try CampaignDirectory.load(campaign.directory, environment: Self.environment)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        let storage = catalog.campaign.storage
        store = OrderStore(
            redis: RedisRouter(try RedisTarget(url: redis.url), loop: group.next()),
            keys: StoreKeys(
                campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        let line = APIKeyring.line(name: "ada", key: ClaimHouse.key(of: "ada").utf8) + "\n"
        try Data(line.utf8).write(to: URL(fileURLWithPath: "\(run.path)/operators"))
    }

    static func with(edits: [String: String] = [:], _ body: (RunsHouse) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "runs-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, any Error>
        do {
            let house = try RunsHouse(run, group, edits: edits)
            do {
                try await house.open()
                try await body(house)
                result = .success(())
            } catch {
                for service in house.services.withLock({ $0 }) {
                    print("--- \(service.name)\n\(service.log)")
                }
                result = .failure(error)
            }
            for service in house.services.withLock({ $0 }) { service.kill() }
            await house.store.redis.shutDown()
            house.kafka.stop()
            house.redis.stop()
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        run.release()
        try result.get()
    }

    /// Opens the campaign as Claim would.
    private func open() async throws {
        try await store.redis.ready(within: .seconds(10))
        let catalog = catalog
        _ = try await store.awaiting { store, then in store.markFresh(then: then) }
        try await append(
            Topics(campaign: catalog.campaign.id).control,
            ControlRecord.epoch(epoch: 1, cause: "opened", by: "test", atMs: 1).encode())
        // Without a lane a Redis that was lost would be taken for one that was never opened.
        try await append(
            Topics(campaign: catalog.campaign.id).control,
            ControlRecord.lane(lane: 9, owner: 1, epoch: 1, atMs: 1).encode())
        _ = try await store.awaiting { store, then in
            store.openFresh(catalog: catalog, laneFloor: 1, then: then)
        }
        store.epoch = 1
    }

    func append(_ topic: String, _ value: [UInt8]) async throws {
        let append = try AcknowledgedAppend(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), loop: group.next(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let record = OutgoingRecord(topic: topic, key: [1], value: value)
        do { try await append.append([record]) } catch {
            await append.close()
            throw error
        }
        await append.close()
    }

    // MARK: - Reconcilers

    /// - Parameters:
    ///   - lease: of every run.
    ///   - more: further members of the section of runs.
    func reconciler(_ name: String, lease: String = "1s", _ more: String = "") throws -> ServiceUnderTest {
        let service = try ServiceUnderTest(
            name, program: "reconciler",
            settings: """
                campaign: \(campaign.directory)
                admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
                redis: {url: "\(redis.url)"}
                kafka: {bootstrap_file: \(kafka.bootstrapPath), message_timeout_ms: 1500}
                rebuild: {automatic: true, settle_wait: 2s}
                claim: {lease: 1500ms}
                reconciler: {every: 1h, lease: \(lease), too_young: 0s, reports_dir: \(reports), \
                keep_reports: 30d, alarm_age: 1h\(more)}

                """, environment: Self.environment, in: run)
        services.withLock { $0.append(service) }
        return service
    }

    var reports: String { "\(run.path)/reports" }

    /// What stands in the directory of reports, also what nobody is to see.
    var shelf: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: reports)) ?? []).sorted()
    }

    func get(_ service: ServiceUnderTest, _ path: String) throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.get(
            port: service.ports["admin"] ?? 0, path, headers: ["x-api-key": ClaimHouse.key(of: "ada")])
    }

    func post(_ service: ServiceUnderTest, _ body: String) throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.post(
            port: service.ports["admin"] ?? 0, "/v1/admin/runs",
            headers: ["x-api-key": ClaimHouse.key(of: "ada")], body: Array(body.utf8), within: .seconds(30))
    }

    /// A command, to its end.
    func command(
        _ service: ServiceUnderTest, _ arguments: String...
    ) throws -> (exit: ChildProcess.Exit?, output: String) {
        let name = "command-\(commands.withLock { $0 += 1; return $0 })"
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: arguments + ["--config", service.settingsPath], environment: Self.environment, in: run)
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 500))
    }

    // MARK: - Orders

    /// Accepts claims with drawn stock, in one shard; then they are where `place` puts them.
    func claim(_ count: Int, lost: Int = 0) async throws -> [Order] {
        let (shard, gift) = (store.keys.shard(user: 77), catalog.gifts[0])
        let drawn: DrawnStock = try await store.awaiting { store, then in
            store.draw(gift: gift, shard: shard, wanted: count, creditedEver: 0, then: then)
        }
        let claims = (0..<count).map { number in
            Order(
                id: OrderID(rawValue: 0), coupon: UInt64(number) + 1, user: 77, gift: 0, region: 1, role: 5,
                claimedAtMs: 1_577_840_000_000, deadlineMs: 1_577_840_000_000 + 172_800_000)
        }
        let orders = try await store.accept(
            claims, shard: shard, lane: 9, first: 0, credits: [drawn.credit(gift: 0)])
        let topic = Topics(campaign: catalog.campaign.id).orders(game: catalog.games[0].id)
        for order in orders.dropLast(lost) { try await append(topic, OrderRecord.encode(order, catalog)) }
        let ids = orders.map(\.id)
        _ = try await store.awaiting { store, then in store.confirm(shard: shard, orders: ids, then: then) }
        return orders
    }
}
