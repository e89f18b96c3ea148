import CampaignFiles
import Catalog
import Credentials
import Foundation
import HTTPServer
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

/// A real redis-server, LocalKafka and `claim serve`, and a crowd before its door; gone when the test ends.
final class ClaimHouse: Sendable {
    static let operatorKey = "an operator's key of some length"

    let run: RunDirectory
    let campaign: ClaimCampaign
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let crowd: ClaimCrowd
    let catalog: Catalog
    private let rolesPort: Int
    private let settings: String
    private let group: MultiThreadedEventLoopGroup
    /// The process that the crowd claims at, unless a test sends it elsewhere.
    let claim: ClaimProcess
    private let others = Mutex<[ClaimProcess]>([])
    private let rebuilds = Mutex(0)

    /// - Parameters:
    ///   - limits: lines of the settings' section `claim`.
    ///   - edits: of the campaign's files.
    private init(
        run: RunDirectory, limits: [String], edits: [String: String], messageTimeoutMs: Int, loops: Int,
        rolesPort: Int, group: MultiThreadedEventLoopGroup
    ) throws {
        self.run = run
        self.group = group
        self.rolesPort = rolesPort
        campaign = try ClaimCampaign(in: run, edits: edits)
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        crowd = try ClaimCrowd()
        settings = """
            campaign: \(campaign.directory)
            http: {host: 127.0.0.1, port: 0}
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            loops: \(loops)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: \(messageTimeoutMs)}
            tickets: {audience: hongbao, keys_file: \(run.path)/tickets.json}
            coupons: {keys_file: \(run.path)/coupons}
            profiles: {deadline: 5s}
            limits: {claims: 10000, orders: 10000}
            claim:

            """ + Self.claimLines(limits)
        claim = try ClaimProcess("claim", settings: settings, in: run, rolesPort: rolesPort)
        try writeFiles()
    }

    /// Short times, so that tests need not wait; what a test sets itself goes before them.
    private static func claimLines(_ limits: [String]) -> String {
        func name(_ line: String) -> Substring { line.prefix { $0 != ":" } }
        let short = ["redis_timeout: 5s", "sweep_age: 2s", "lease: 3s", "lease_renewal: 500ms"]
        let rest = short.filter { line in !limits.contains { name($0) == name(line) } }
        return (limits + rest).map { "  \($0)\n" }.joined()
    }

    private func writeFiles() throws {
        func hex(_ bytes: [UInt8]) -> String { String(decoding: Hex.encode(bytes: bytes), as: UTF8.self) }
        let files = [
            "reconciler.yaml": """
            campaign: \(campaign.directory)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1500}
            rebuild: {settle_wait: 3s}
            claim: {lease: 3s}
            """,
            "tickets.json":
                #"[{"id":"t","algorithm":"HS256","secret":"hex:\#(hex(ClaimCrowd.ticketSecret))"}]"#,
            "coupons": "1:hex:\(hex(ClaimCrowd.couponSecret))\n",
            "operators": ["tester": Self.operatorKey, "ada": Self.key(of: "ada"), "bob": Self.key(of: "bob")]
                .map { APIKeyring.line(name: $0.key, key: $0.value.utf8) + "\n" }.joined(),
        ]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
        }
    }

    static func with(
        limits: [String] = [], edits: [String: String] = [:], messageTimeoutMs: Int = 1500,
        loops: Int = 1,
        _ body: (ClaimHouse) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(
                limits: limits, edits: edits, messageTimeoutMs: messageTimeoutMs, loops: loops, body)
        }
    }

    private static func inPlace(
        limits: [String], edits: [String: String], messageTimeoutMs: Int,
        loops: Int,
        _ body: (ClaimHouse) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "claim-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (roles, port) = try await RoleDouble.start(on: group)
        let result: Result<Void, any Error>
        do {
            let house = try ClaimHouse(
                run: run, limits: limits, edits: edits, messageTimeoutMs: messageTimeoutMs, loops: loops,
                rolesPort: port, group: group)
            do {
                try house.startClaim()
                try await body(house)
                result = .success(())
            } catch {
                print(house.claim.log)
                result = .failure(error)
            }
            house.claim.kill()
            for other in house.others.withLock({ $0 }) { other.kill() }
            house.crowd.close()
            house.kafka.stop()
            house.redis.stop()
        } catch {
            result = .failure(error)
        }
        await roles.drain(deadline: .seconds(1))
        try await group.shutdownGracefully()
        run.release()
        try result.get()
    }

    /// The API key of another operator than `tester`.
    static func key(of name: String) -> String { "the key of \(name), of some length" }

    // MARK: - Claim

    var adminPort: Int { claim.adminPort }

    /// Starts Claim and waits until its ports are known; `untilReady`: until it takes claims.
    func startClaim(untilReady: Bool = true, adminPort: Int? = nil) throws {
        try claim.start(untilReady: untilReady, adminPort: adminPort)
        crowd.port.withLock { $0 = claim.port }
    }

    func killClaim() { claim.kill() }
    func pauseClaim() { claim.pause() }
    func resumeClaim() { claim.resume() }
    func terminateClaim() -> ChildProcess.Exit? { claim.terminate() }
    func status() throws -> LoopbackHTTP.Response { try claim.status() }
    func metrics() throws -> String { try claim.metrics() }
    func number(_ name: String) throws -> Int64? { try claim.number(name) }

    /// A second Claim of the house, started.
    func startAnother() throws -> ClaimProcess {
        let name = "claim-\(others.withLock { $0.count } + 2)"
        let other = try ClaimProcess(name, settings: settings, in: run, rolesPort: rolesPort)
        others.withLock { $0.append(other) }
        try other.start()
        return other
    }

    /// `reconciler rebuild`, to its end.
    func rebuild() throws {
        let name = "reconciler-\(rebuilds.withLock { $0 += 1; return $0 })"
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: ["rebuild", "--config", "\(run.path)/reconciler.yaml"],
            environment: ["HONGBAO_ROLES_PORT": "\(rolesPort)"], in: run)
        let exit = process.waitForExit(within: .seconds(60))
        guard exit == .code(0) else {
            throw StackFailure("rebuild ended with \(String(describing: exit)): \(process.logTail())")
        }
    }

    /// A while, before asking a process again that gives no sign by itself.
    static func moment() async {
        try? await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(25)) {}
            .futureResult
            .get()
    }

    // MARK: - What the stores hold

    /// Orders in `orders.carp`, twins included, in no order.
    func produced() throws -> [Order] {
        try records(Topics(campaign: ClaimCampaign.id).orders(game: "carp")).compactMap {
            try? OrderRecord.decode($0, catalog)
        }
    }

    /// Orders in `.held`, twins included, in no order.
    func held() throws -> [HeldRecord] {
        try records(Topics(campaign: ClaimCampaign.id).held).compactMap {
            try? HeldRecord.decode($0, catalog)
        }
    }

    private func records(_ topic: String) throws -> [[UInt8]] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var values = [[UInt8]]()
        try TopicScan.all(topic, reader: reader) { _, record in values.append(record.value) }
        return values
    }

    /// Works with a store of the test's own over the campaign's keys, under the epoch that is open.
    func store<Value: Sendable>(_ body: (OrderStore) async throws -> Value) async throws -> Value {
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let connection = RedisRouter(
            try RedisTarget(url: redis.url), loop: group.next(), options: options)
        try await connection.ready(within: .seconds(10))
        let storage = catalog.campaign.storage
        let store = OrderStore(
            redis: connection,
            keys: StoreKeys(campaign: ClaimCampaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        )
        let standing = try await store.awaiting { store, then in store.standing(then: then) }
        store.epoch = standing.openEpoch ?? 0
        let result: Result<Value, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        await connection.shutDown()
        return try result.get()
    }

    func broker(_ action: String) throws {
        let answer = try LoopbackHTTP.post(port: kafka.adminPort, "/v1/admin/broker/\(action)")
        guard answer.status == 200 else {
            throw StackFailure("the broker says \(answer.status) \(answer.text)")
        }
    }
}
