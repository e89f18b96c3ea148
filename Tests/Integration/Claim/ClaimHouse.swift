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
    private let claim = Mutex<ChildProcess?>(nil)
    private let adminPort = Mutex(0)

    /// - Parameter limits: lines of the settings' section `claim`.
    private init(
        run: RunDirectory, limits: [String], loops: Int, rolesPort: Int, group: MultiThreadedEventLoopGroup
    ) throws {
        self.run = run
        self.group = group
        self.rolesPort = rolesPort
        campaign = try ClaimCampaign(in: run)
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        crowd = try ClaimCrowd()
        settings = """
            campaign: \(campaign.directory)
            ports_file: \(run.path)/claim.ports.json
            http: {host: 127.0.0.1, port: 0}
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            loops: \(loops)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1500}
            tickets: {audience: hongbao, keys_file: \(run.path)/tickets.json}
            coupons: {keys_file: \(run.path)/coupons}
            profiles: {deadline: 5s}
            claim:
              redis_timeout: 5s
              sweep_age: 2s
              lease: 3s
              lease_renewal: 500ms

            """ + limits.map { "  \($0)\n" }.joined()
        try writeFiles()
    }

    private func writeFiles() throws {
        func hex(_ bytes: [UInt8]) -> String { String(decoding: Hex.encode(bytes: bytes), as: UTF8.self) }
        let files = [
            "claim.yaml": settings,
            "tickets.json":
                #"[{"id":"t","algorithm":"HS256","secret":"hex:\#(hex(ClaimCrowd.ticketSecret))"}]"#,
            "coupons": "1:hex:\(hex(ClaimCrowd.couponSecret))\n",
            "operators": APIKeyring.line(name: "tester", key: Self.operatorKey.utf8) + "\n",
        ]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
        }
    }

    static func with(
        limits: [String] = [], loops: Int = 1, _ body: (ClaimHouse) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "claim-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (roles, port) = try await RoleDouble.start(on: group)
        let result: Result<Void, any Error>
        do {
            let house = try ClaimHouse(run: run, limits: limits, loops: loops, rolesPort: port, group: group)
            do {
                try house.startClaim()
                try await body(house)
                result = .success(())
            } catch {
                print(house.log)
                result = .failure(error)
            }
            house.claim.withLock { $0.take() }?.kill()
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

    /// What Claim wrote last.
    var log: String { claim.withLock { $0 }?.logTail(lines: 40) ?? "" }

    // MARK: - Claim

    /// Starts Claim and waits until its ports are known; `untilReady`: until it takes claims.
    func startClaim(untilReady: Bool = true) throws {
        let process = try ChildProcess(
            name: "claim", executable: try ServiceProgram.locate("claim"),
            arguments: ["serve", "--config", "\(run.path)/claim.yaml"],
            environment: ["HONGBAO_ROLES_PORT": "\(rolesPort)"], in: run)
        claim.withLock { $0 = process }
        let ready = Readiness(of: process, within: .seconds(60))
        let file = try ready.file("\(run.path)/claim.ports.json")
        guard case .object(let ports) = try JSON.parse(file, limits: .request),
            case .integer(let http) = ports["http"], case .integer(let admin) = ports["admin"]
        else { throw StackFailure("the ports file holds no ports") }
        crowd.port.withLock { $0 = Int(http) }
        adminPort.withLock { $0 = Int(admin) }
        if untilReady { try awaitReady() }
    }

    func awaitReady() throws {
        let process = claim.withLock { $0 }
        try Readiness(of: process, within: .seconds(60)).http(port: adminPort.withLock { $0 }, "/readyz")
    }

    /// Kills it as a power cut would.
    func killClaim() {
        claim.withLock { $0.take() }?.kill()
        try? FileManager.default.removeItem(atPath: "\(run.path)/claim.ports.json")
    }

    /// SIGSTOP, and on again.
    func pauseClaim() { claim.withLock { $0 }?.pause() }
    func resumeClaim() { claim.withLock { $0 }?.resume() }

    /// SIGTERM; how it ended.
    func terminateClaim() -> ChildProcess.Exit? {
        defer { try? FileManager.default.removeItem(atPath: "\(run.path)/claim.ports.json") }
        return claim.withLock { $0.take() }?.terminate(grace: .seconds(30))
    }

    /// The status document of the admin port.
    func status() throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.get(
            port: adminPort.withLock { $0 }, "/v1/admin/status", headers: ["x-api-key": Self.operatorKey])
    }

    func metrics() throws -> String {
        try LoopbackHTTP.get(port: adminPort.withLock { $0 }, "/metrics").text
    }

    /// A number of the first loop's status.
    func number(_ name: String) throws -> Int64? {
        guard case .object(let root) = try JSON.parse(try status().body, limits: .record),
            case .array(let loops) = root["loops"], case .object(let loop)? = loops.first,
            case .integer(let value) = loop[name]
        else { return nil }
        return value
    }

    /// A while, before asking a process again that gives no sign by itself.
    static func moment() async {
        try? await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(25)) {}
            .futureResult
            .get()
    }

    /// Asks until it holds, for at most so many moments.
    func eventually(_ moments: Int = 1200, _ holds: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<moments {
            if try await holds() { return true }
            await Self.moment()
        }
        return false
    }

    // MARK: - What the stores hold

    /// Order IDs in `orders.carp`, twins included, in no order.
    func produced() throws -> [Order] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var orders = [Order]()
        let topic = Topics(campaign: ClaimCampaign.id).orders(game: "carp")
        try TopicScan.all(topic, reader: reader) { _, record in
            if let order = try? OrderRecord.decode(record.value, catalog) { orders.append(order) }
        }
        return orders
    }

    /// Works with a store of the test's own over the campaign's keys.
    func store<Value: Sendable>(_ body: (OrderStore) async throws -> Value) async throws -> Value {
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let connection = RedisConnection(
            address: try RedisAddress(url: redis.url), loop: group.next(), options: options)
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

    func broker(_ action: String) throws {
        let answer = try LoopbackHTTP.post(port: kafka.adminPort, "/v1/admin/broker/\(action)")
        guard answer.status == 200 else {
            throw StackFailure("the broker says \(answer.status) \(answer.text)")
        }
    }
}
