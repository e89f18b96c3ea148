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
import Profiles
import Redis
import Stack
import Synchronization
import Wire

@testable import Simulator

/// A real redis-server, LocalKafka, the simulated games and `deliverer serve`, gone when the test ends.
final class DeliveryHouse: Sendable {
    static let seed: UInt64 = 7
    static let key = "an operator's key of some length"

    let run: RunDirectory
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let catalog: Catalog
    let campaign: String
    private let world: ChildProcess
    private let worldAdmin: Int
    let gamesPort: Int
    /// What every deliverer here is told, but for its ports file.
    let delivererSettings: String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let deliverer = Mutex<ChildProcess?>(nil)

    private init(run: RunDirectory) throws {
        self.run = run
        let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        campaign = "\(root)/StaticData/campaigns/spring-festival"
        catalog = try CampaignDirectory.load(campaign, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign))
        let secrets = try run.directory("secrets")
        func write(_ text: String, _ path: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        for game in catalog.games {
            let master = Secret(Array("a master secret for tests only, long".utf8))
            let secret = try WebhookSecret(master: master, label: game.id)
            try write(secret.reveal() + "\n", "\(secrets)/\(game.id).secret")
        }
        try write(APIKeyring.line(name: "tester", key: Self.key.utf8) + "\n", "\(run.path)/operators")
        let (campaign, redis, kafka) = (self.campaign, self.redis, self.kafka)
        func settings(_ name: String) -> String {
            """
            campaign: \(campaign)
            ports_file: \(run.path)/\(name).ports.json
            loops: 1
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}

            """
        }
        delivererSettings = """
            campaign: \(campaign)
            loops: 1
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)"}
            games: {secrets_dir: \(secrets), allow_private: true}
            """
        try write(
            settings("world")
                + "seed: \(Self.seed)\nsecrets_dir: \(secrets)\ngames: {host: 127.0.0.1, port: 0}\n",
            "\(run.path)/world.yaml")
        try write(
            "ports_file: \(run.path)/deliverer.ports.json\n" + delivererSettings,
            "\(run.path)/deliverer.yaml")
        world = try ChildProcess(
            name: "world", executable: try ServiceProgram.locate("simulator"),
            arguments: ["serve", "--config", "\(run.path)/world.yaml"], environment: [:], in: run)
        let ports = try Self.ports("\(run.path)/world.ports.json", of: world)
        gamesPort = Int(ports["games"] ?? 0)
        worldAdmin = Int(ports["admin"] ?? 0)
    }

    private static func ports(_ path: String, of process: ChildProcess) throws -> [String: Int64] {
        let file = try Readiness(of: process, within: .seconds(60)).file(path)
        guard case .object(let object) = try JSON.parse(file, limits: .request) else {
            throw StackFailure("the ports file holds no ports")
        }
        return object.keys.reduce(into: [:]) { if case .integer(let port)? = object[$1] { $0[$1] = port } }
    }

    /// - Parameter isOpen: whether the campaign is open in Redis when the test begins.
    static func with(
        isOpen: Bool = true, _ body: (DeliveryHouse) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(isOpen: isOpen, body)
        }
    }

    private static func inPlace(
        isOpen: Bool, _ body: (DeliveryHouse) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "delivery-house")
        defer { run.release() }
        let house = try DeliveryHouse(run: run)
        let result: Result<Void, any Error>
        do {
            if isOpen { try await house.openRun() }
            result = .success(try await body(house))
        } catch { result = .failure(error) }
        house.kill()
        house.world.kill()
        house.kafka.stop()
        house.redis.stop()
        try await house.group.shutdownGracefully()
        try result.get()
    }

    // MARK: - The deliverer

    func start() throws {
        try? FileManager.default.removeItem(atPath: "\(run.path)/deliverer.ports.json")
        let process = try ChildProcess(
            name: "deliverer", executable: try ServiceProgram.locate("deliverer"),
            arguments: ["serve", "--config", "\(run.path)/deliverer.yaml"],
            environment: ["HONGBAO_GAMES_PORT": "\(gamesPort)", "HONGBAO_ROLES_PORT": "\(gamesPort)"], in: run
        )
        deliverer.withLock { $0 = process }
    }

    /// As a power cut would.
    func kill() { deliverer.withLock { $0.take() }?.kill() }

    func terminate() -> ChildProcess.Exit? {
        deliverer.withLock { $0.take() }?.terminate(grace: .seconds(30))
    }

    var log: String { deliverer.withLock { $0 }?.logTail(lines: 30) ?? "" }

    private var adminPort: Int {
        get throws {
            let process = deliverer.withLock { $0 }
            guard let process else { throw StackFailure("the deliverer does not run") }
            return Int(try Self.ports("\(run.path)/deliverer.ports.json", of: process)["admin"] ?? 0)
        }
    }

    /// What the deliverer says of itself on `/readyz`.
    func readiness() throws -> String { try LoopbackHTTP.get(port: try adminPort, "/readyz").text }

    /// Orders that it has read and that wait for their first attempt.
    func waiting() throws -> Int {
        let status = try LoopbackHTTP.get(
            port: try adminPort, "/v1/admin/status", headers: ["x-api-key": Self.key])
        return status.text.split(separator: "\"ready\":").dropFirst()
            .reduce(0) { $0 + (Int($1.prefix { $0.isNumber }) ?? 0) }
    }

    // MARK: - The outside world

    func faults(_ game: String, _ json: String) throws {
        let answer = try LoopbackHTTP.request(
            "PUT", port: worldAdmin, "/v1/admin/faults/\(game)", headers: ["x-api-key": Self.key],
            body: Array(json.utf8), within: .seconds(5))
        guard answer.status == 200 else { throw StackFailure("faults: \(answer.status) \(answer.text)") }
    }

    struct Seen {
        var orders = 0
        var twice = 0
        var windowsOver = 0
    }

    /// What the games saw.
    func seen() throws -> Seen {
        var seen = Seen()
        let grants = try LoopbackHTTP.get(
            port: worldAdmin, "/v1/admin/grants", headers: ["x-api-key": Self.key])
        for line in grants.body.split(separator: UInt8(ascii: "\n")) {
            guard case .object(let object) = try JSON.parse(Array(line), limits: .request),
                case .integer(let count)? = object["count"]
            else { throw StackFailure("not a grant: \(String(decoding: line, as: UTF8.self))") }
            if count > 0 { seen.orders += 1 }
            if count > 1 { seen.twice += 1 }
        }
        let report = try LoopbackHTTP.get(
            port: worldAdmin, "/v1/admin/report", headers: ["x-api-key": Self.key])
        for part in report.text.split(separator: "\"windows_over_limit\":").dropFirst() {
            seen.windowsOver += Int(part.prefix { $0.isNumber }) ?? 0
        }
        return seen
    }

    // MARK: - Kafka and Redis

    /// Writes records, and waits until Kafka has them all.
    ///
    /// - Parameter key: of all of them, which so come to one partition; nil: all are spread.
    func produce(_ records: [(topic: String, value: [UInt8])], key: String? = nil) async throws {
        let records = records.enumerated().map { index, record in
            OutgoingRecord(
                topic: record.topic, key: Array((key ?? "\(index)").utf8), value: record.value)
        }
        try await IntegrationTests.produce(records, to: kafka.bootstrap, on: group.next())
    }

    func orders(_ count: Int, game id: String, lane: UInt32) throws -> [Order] {
        guard let game = catalog.game(id: id), let gift = catalog.gifts.first(where: { $0.game == game.slot })
        else {
            throw StackFailure("no game \(id)")
        }
        let keys = self.keys
        let nowMs = Int64(Date().timeIntervalSince1970 * 1000)
        // The games refuse roles that are not the person's: only those who play there get an order.
        let world = RoleWorld(seed: Self.seed, catalog: catalog)
        var orders = [Order]()
        var user = UInt64(lane) << 20
        while orders.count < count {
            user += 1
            guard let role = world.registration(of: user, game: game.slot)?.roles.first else { continue }
            let id = OrderID(lane: lane, shard: keys.shard(user: user), sequence: UInt32(orders.count))
            orders.append(
                Order(
                    id: id, coupon: user, user: user, gift: gift.slot, region: role.region, role: role.id,
                    claimedAtMs: nowMs, deadlineMs: nowMs + 2880 * 60_000))
        }
        return orders
    }

    func produce(_ orders: [Order], game: String, key: String? = nil) async throws {
        let topic = Topics(campaign: catalog.campaign.id).orders(game: game)
        try await produce(orders.map { (topic, OrderRecord.encode($0, catalog)) }, key: key)
    }

    var keys: StoreKeys {
        let storage = catalog.campaign.storage
        return StoreKeys(campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
    }

    /// Opens the campaign in Redis, as Claim does where nobody knows it.
    func openRun() async throws {
        let catalog = self.catalog
        try await store { store in
            try await store.awaiting { store, then in store.markFresh(then: then) }
            try await store.awaiting { store, then in
                store.openFresh(catalog: catalog, laneFloor: 1, then: then)
            }
        }
    }

    /// What a rebuild does at its end: the masters that there are now are known good.
    func acceptRuns() async throws {
        try await store { store in
            var command = RedisCommand("HSET")
            command.add(store.keys.epoch)
            for run in try await store.awaiting({ store, then in store.runs(then: then) }) {
                command.add("r\(run)")
                command.add("1")
            }
            _ = try await store.redis.send(command)
        }
    }

    func states(_ orders: [Order]) async throws -> [OrderID: OrderState] {
        try await store { try await $0.states(orders.map(\.id)) }
    }

    /// Works with a store of the test's own, under the epoch that is open.
    func store<Value: Sendable>(_ body: (OrderStore) async throws -> Value) async throws -> Value {
        let connection = RedisRouter(try RedisTarget(url: redis.url), loop: group.next())
        try await connection.ready(within: .seconds(10))
        let store = OrderStore(redis: connection, keys: keys)
        let result: Result<Value, any Error>
        do {
            let standing = try await store.awaiting { store, then in store.standing(then: then) }
            store.epoch = standing.openEpoch ?? 0
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        await connection.shutDown()
        return try result.get()
    }

    /// Every record of a topic, as it is.
    func records(_ topic: String) throws -> [[UInt8]] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var values = [[UInt8]]()
        try TopicScan.all(topic, reader: reader) { _, record in values.append(record.value) }
        return values
    }
}
