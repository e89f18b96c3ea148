import CampaignFiles
import Catalog
import Credentials
import Foundation
import HTTPServer
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis
import Stack
import Synchronization
import Wire

/// Everything that a rebuild concerns, as processes: redis-server, LocalKafka, Claim, the Deliverer, a
/// standing Reconciler, a game that counts; and a crowd before the door. Gone when the test ends.
final class RebuildHouse: Sendable {
    let run: RunDirectory
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let crowd: ClaimCrowd
    let catalog: Catalog
    let game: GameDouble.Book
    private let port: Int
    private let group: MultiThreadedEventLoopGroup
    let claim: ServiceUnderTest
    let deliverer: ServiceUnderTest
    let reconciler: ServiceUnderTest
    private let commands = Mutex(0)

    private init(
        run: RunDirectory, edits: [String: String], game: GameDouble.Book, port: Int,
        group: MultiThreadedEventLoopGroup
    ) throws {
        self.run = run
        self.group = group
        self.game = game
        self.port = port
        let campaign = try ClaimCampaign(
            in: run,
            edits: edits.merging([
                "http://127.0.0.1:1/grant": "http://127.0.0.1:${HONGBAO_GAMES_PORT}/grant"
            ]) { $1 })
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        crowd = try ClaimCrowd()
        try Self.writeSecrets(run)
        let stores = """
            campaign: \(campaign.directory)
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap_file: \(kafka.bootstrapPath), message_timeout_ms: 1500}

            """
        let environment = ["HONGBAO_ROLES_PORT": "\(port)", "HONGBAO_GAMES_PORT": "\(port)"]
        func service(_ name: String, _ more: String) throws -> ServiceUnderTest {
            try ServiceUnderTest(name, settings: stores + more, environment: environment, in: run)
        }
        claim = try service(
            "claim",
            """
            loops: 1
            http: {host: 127.0.0.1, port: 0}
            tickets: {audience: hongbao, keys_file: \(run.path)/tickets.json}
            coupons: {keys_file: \(run.path)/coupons}
            profiles: {deadline: 5s}
            limits: {claims: 10000, orders: 10000}
            claim: {redis_timeout: 5s, sweep_age: 2s, lease: 1500ms, lease_renewal: 300ms}
            """)
        deliverer = try service(
            "deliverer", "loops: 1\ngames: {secrets_dir: \(run.path)/secrets, allow_private: true}\n")
        reconciler = try service(
            "reconciler", "rebuild: {automatic: true, settle_wait: 2s}\nclaim: {lease: 1500ms}\n")
    }

    private static func writeSecrets(_ run: RunDirectory) throws {
        func hex(_ bytes: [UInt8]) -> String { String(decoding: Hex.encode(bytes: bytes), as: UTF8.self) }
        let secrets = try run.directory("secrets")
        let master = Secret(Array("a master secret for tests only, long".utf8))
        let files = [
            "\(run.path)/tickets.json":
                #"[{"id":"t","algorithm":"HS256","secret":"hex:\#(hex(ClaimCrowd.ticketSecret))"}]"#,
            "\(run.path)/coupons": "1:hex:\(hex(ClaimCrowd.couponSecret))\n",
            "\(run.path)/operators":
                ["ada", "bob"].map { APIKeyring.line(name: $0, key: ClaimHouse.key(of: $0).utf8) + "\n" }
                .joined(),
            "\(secrets)/carp.secret": try WebhookSecret(master: master, label: "carp").reveal() + "\n",
        ]
        for (path, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
    }

    /// - Parameters:
    ///   - isStanding: a Reconciler serves from the beginning.
    ///   - edits: of the campaign's files.
    static func with(
        isStanding: Bool = true, edits: [String: String] = [:],
        _ body: (RebuildHouse) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(isStanding: isStanding, edits: edits, body)
        }
    }

    private static func inPlace(
        isStanding: Bool, edits: [String: String],
        _ body: (RebuildHouse) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "rebuild-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let book = GameDouble.Book()
        let (server, port) = try await GameDouble.start(book, on: group)
        let result: Result<Void, any Error>
        do {
            let house = try RebuildHouse(run: run, edits: edits, game: book, port: port, group: group)
            do {
                if isStanding { try house.reconciler.start() }
                try house.deliverer.start()
                try house.startClaim()
                try await body(house)
                result = .success(())
            } catch {
                for service in [house.claim, house.deliverer, house.reconciler] {
                    print("--- \(service.name)\n\(service.log)")
                }
                result = .failure(error)
            }
            for service in [house.claim, house.deliverer, house.reconciler] { service.kill() }
            house.crowd.close()
            house.kafka.stop()
            house.redis.stop()
        } catch {
            result = .failure(error)
        }
        await server.drain(deadline: .seconds(1))
        try await group.shutdownGracefully()
        run.release()
        try result.get()
    }

    func startClaim() throws {
        try claim.start()
        crowd.port.withLock { $0 = claim.ports["http"] ?? 0 }
        try claim.awaitReady()
    }

    /// The broker's address has changed: its clients have ended with 75 and are started again, as a
    /// supervisor would.
    func restartClients() throws {
        for service in [claim, deliverer] {
            guard service.exit(within: .seconds(30)) == .code(75) else {
                throw StackFailure("\(service.name) did not follow the broker: \(service.log)")
            }
        }
        try deliverer.start()
        try startClaim()
    }

    /// An act of an operator at Claim's admin port.
    func act(_ name: String, _ path: String, _ body: String) throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.post(
            port: claim.ports["admin"] ?? 0, "/v1/admin/\(path)",
            headers: ["x-api-key": ClaimHouse.key(of: name)], body: Array(body.utf8), within: .seconds(30))
    }

    /// A command of the reconciler, to its end.
    func command(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
        let process = try begin(arguments)
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 60))
    }

    /// - Parameter step: behind which it is killed as by a power cut.
    func begin(_ arguments: [String], dyingAt step: String? = nil) throws -> ChildProcess {
        let name = "command-\(commands.withLock { $0 += 1; return $0 })"
        var environment = ["HONGBAO_ROLES_PORT": "\(port)", "HONGBAO_GAMES_PORT": "\(port)"]
        environment["HONGBAO_DIE_AT"] = step
        return try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: arguments + ["--config", reconciler.settingsPath], environment: environment, in: run)
    }

    /// Works with a store of the test's own over the campaign's keys.
    func store<Value: Sendable>(_ body: (OrderStore) async throws -> Value) async throws -> Value {
        let connection = RedisRouter(try RedisTarget(url: redis.url), loop: group.next())
        try await connection.ready(within: .seconds(10))
        let storage = catalog.campaign.storage
        let store = OrderStore(
            redis: connection,
            keys: StoreKeys(campaign: ClaimCampaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        )
        let result: Result<Value, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        await connection.shutDown()
        return try result.get()
    }

    func standing() async throws -> Standing {
        try await store { store in try await store.awaiting { store, then in store.standing(then: then) } }
    }
}
