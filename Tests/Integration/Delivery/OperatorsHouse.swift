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
import Wire

/// A real redis-server, LocalKafka and two Deliverers at whose desks operators act; gone when the test ends.
final class OperatorsHouse: Sendable {
    let run: RunDirectory
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let catalog: Catalog
    let one: ServiceUnderTest
    let two: ServiceUnderTest
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let environment = ["HONGBAO_GAMES_PORT": "1", "HONGBAO_ROLES_PORT": "1"]

    private init(run: RunDirectory) throws {
        self.run = run
        let campaign = try ClaimCampaign(in: run)
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        let secrets = try run.directory("secrets")
        let master = Secret(Array("a master secret for tests only, long".utf8))
        let files = [
            "\(secrets)/carp.secret": try WebhookSecret(master: master, label: "carp").reveal() + "\n",
            "\(run.path)/operators":
                ["ada", "bob"].map { APIKeyring.line(name: $0, key: ClaimHouse.key(of: $0).utf8) + "\n" }
                .joined(),
            "\(run.path)/key": ClaimHouse.key(of: "ada") + "\n",
            "\(run.path)/wrong": "a key that nobody has been given\n",
        ]
        for (path, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
        let stores = """
            campaign: \(campaign.directory)
            loops: 1
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap_file: \(kafka.bootstrapPath), message_timeout_ms: 1500}

            """
        let games = "games: {secrets_dir: \(secrets)}\n"
        func service(_ label: String, _ program: String, _ more: String) throws -> ServiceUnderTest {
            try ServiceUnderTest(
                label, program: program, settings: stores + more, environment: Self.environment, in: run)
        }
        one = try service("one", "deliverer", games)
        two = try service("two", "deliverer", games)
        try Data((stores + "rebuild: {settle_wait: 2s}\nclaim: {lease: 1500ms}\n").utf8)
            .write(to: URL(fileURLWithPath: "\(run.path)/reconciler.yaml"))
    }

    static func with(_ body: (OperatorsHouse) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(body)
        }
    }

    private static func inPlace(_ body: (OperatorsHouse) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "operators-house")
        defer { run.release() }
        let house = try OperatorsHouse(run: run)
        let result: Result<Void, any Error>
        do {
            try await house.openRun()
            result = .success(try await body(house))
        } catch {
            for service in [house.one, house.two] { print("--- \(service.name)\n\(service.log)") }
            result = .failure(error)
        }
        for service in [house.one, house.two] { service.kill() }
        house.kafka.stop()
        house.redis.stop()
        try await house.group.shutdownGracefully()
        try result.get()
    }

    // MARK: - The desks

    func ask(
        _ service: ServiceUnderTest, _ method: String, _ path: String, _ body: String = "",
        as name: String? = "ada"
    ) throws -> OperatorAnswer {
        OperatorAnswer(
            try LoopbackHTTP.request(
                method, port: service.ports["admin"] ?? 0, "/v1/admin/\(path)",
                headers: name.map { ["x-api-key": ClaimHouse.key(of: $0)] } ?? [:], body: Array(body.utf8),
                within: .seconds(30)))
    }

    /// What a desk says of the one game.
    func carp(_ service: ServiceUnderTest) throws -> JSONObject {
        let answer = try ask(service, "GET", "limits")
        guard case .array(let games)? = answer.json["games"], case .object(let game)? = games.first else {
            throw StackFailure("no limits: \(answer)")
        }
        return game
    }

    /// What paces the game itself, as the status tells.
    func paced(_ service: ServiceUnderTest) throws -> JSONObject {
        let answer = try ask(service, "GET", "status")
        guard case .array(let games)? = answer.json["games"], case .object(let game)? = games.first else {
            throw StackFailure("no status: \(answer)")
        }
        return game
    }

    /// Acts of operators that the control topic holds, in its order.
    func acts() throws -> [ControlRecord] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var acts = [ControlRecord]()
        try TopicScan.all(Topics(campaign: ClaimCampaign.id).control, reader: reader) { _, record in
            guard let record = try? ControlRecord.decode(record.value) else { return }
            if OperatorActs.field(of: record) != nil { acts.append(record) }
        }
        return acts
    }

    /// A command to its end; the settings file is put behind it.
    func command(_ program: String, _ arguments: [String]) throws -> (exit: ChildProcess.Exit?, text: String)
    {
        let settings = program == "deliverer" ? one.settingsPath : "\(run.path)/reconciler.yaml"
        let process = try ChildProcess(
            name: "command-\(UInt32.random(in: 0 ... .max))", executable: try ServiceProgram.locate(program),
            arguments: arguments + ["--config", settings], environment: Self.environment, in: run)
        return (process.waitForExit(within: .seconds(90)), process.logTail(lines: 60))
    }

    func operate(_ arguments: String..., key: String = "key") throws -> (
        exit: ChildProcess.Exit?, text: String
    ) {
        try command("deliverer", arguments + ["--key-file", "\(run.path)/\(key)"])
    }

    // MARK: - The stores

    /// Opens the campaign, as Claim does where nobody knows it: the epoch's record first, then Redis.
    private func openRun() async throws {
        let catalog = self.catalog
        let (acks, reported) = AsyncStream<Bool>.makeStream()
        let producer = try KafkaProducer(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap),
            reporters: [(group.next(), { reported.yield($0.allSatisfy { $0.failure == nil }) })],
            logger: Logger(label: "test"))
        let record = ControlRecord.epoch(epoch: 1, cause: "the first", by: "test", atMs: 1)
        try producer.produce(
            topic: Topics(campaign: ClaimCampaign.id).control, partition: 0, key: Array("epoch".utf8),
            value: record.encode(), reporter: 0, token: 1)
        let isWritten = await acks.first { _ in true } ?? false
        _ = await producer.close(deadlineMs: 5_000)
        guard isWritten else { throw StackFailure("the epoch's record was not written") }
        try await store { store in
            try await store.awaiting { store, then in store.markFresh(then: then) }
            try await store.awaiting { store, then in
                store.openFresh(catalog: catalog, laneFloor: 1, then: then)
            }
        }
    }

    /// Works with a store of the test's own, under the epoch that is open.
    func store<Value: Sendable>(_ body: (OrderStore) async throws -> Value) async throws -> Value {
        let connection = RedisRouter(try RedisTarget(url: redis.url), loop: group.next())
        try await connection.ready(within: .seconds(10))
        let storage = catalog.campaign.storage
        let store = OrderStore(
            redis: connection,
            keys: StoreKeys(campaign: ClaimCampaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        )
        let result: Result<Value, any Error>
        do {
            let standing = try await store.awaiting { store, then in store.standing(then: then) }
            store.epoch = standing.openEpoch ?? 0
            result = .success(try await body(store))
        } catch { result = .failure(error) }
        await connection.shutDown()
        return try result.get()
    }

    func copy() async throws -> ControlCopy {
        try await store { store in try await store.awaiting { store, then in store.readControl(then: then) } }
    }
}
