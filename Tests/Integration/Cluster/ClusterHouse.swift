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
import Orders
import Stack
import Synchronization
import Wire

/// A real Redis Cluster, LocalKafka and `claim serve`, and a crowd before its door; gone when the test ends.
final class ClusterHouse: Sendable {
    let run: RunDirectory
    let redis: RedisClusterServers
    let kafka: LocalKafkaServer
    let crowd: ClaimCrowd
    let claim: ClaimProcess
    private let catalog: Catalog
    private let rolesPort: Int

    private init(run: RunDirectory, rolesPort: Int) throws {
        self.run = run
        self.rolesPort = rolesPort
        let campaign = try ClaimCampaign(in: run)
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisClusterServers(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        crowd = try ClaimCrowd()
        let settings = """
            campaign: \(campaign.directory)
            http: {host: 127.0.0.1, port: 0}
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            loops: 2
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1500}
            tickets: {audience: hongbao, keys_file: \(run.path)/tickets.json}
            coupons: {keys_file: \(run.path)/coupons}
            profiles: {deadline: 5s}
            limits: {claims: 10000, orders: 10000}
            claim:
              redis_timeout: 5s
              sweep_age: 2s
              lease: 3s
              lease_renewal: 500ms

            """
        claim = try ClaimProcess("claim", settings: settings, in: run, rolesPort: rolesPort)
        func hex(_ bytes: [UInt8]) -> String { String(decoding: Hex.encode(bytes: bytes), as: UTF8.self) }
        let ticketKey = #"[{"id":"t","algorithm":"HS256","secret":"hex:\#(hex(ClaimCrowd.ticketSecret))"}]"#
        let files = [
            "reconciler.yaml": """
            campaign: \(campaign.directory)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1500}
            rebuild: {settle_wait: 3s}
            claim: {lease: 3s}
            """,
            "tickets.json": ticketKey,
            "coupons": "1:hex:\(hex(ClaimCrowd.couponSecret))\n",
            "operators": APIKeyring.line(name: "tester", key: ClaimHouse.operatorKey.utf8) + "\n",
        ]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
        }
    }

    static func with(_ body: (ClusterHouse) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(body)
        }
    }

    private static func inPlace(_ body: (ClusterHouse) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "cluster-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (roles, port) = try await RoleDouble.start(on: group)
        let result: Result<Void, any Error>
        do {
            let house = try ClusterHouse(run: run, rolesPort: port)
            do {
                try house.claim.start()
                house.crowd.port.withLock { $0 = house.claim.port }
                try await body(house)
                result = .success(())
            } catch {
                print(house.claim.log)
                result = .failure(error)
            }
            house.claim.kill()
            house.crowd.close()
            house.kafka.stop()
            house.redis.kill9()
        } catch {
            result = .failure(error)
        }
        await roles.drain(deadline: .seconds(1))
        try await group.shutdownGracefully()
        run.release()
        try result.get()
    }

    /// `reconciler rebuild`, to its end.
    func rebuild() throws {
        let process = try ChildProcess(
            name: "reconciler", executable: try ServiceProgram.locate("reconciler"),
            arguments: ["rebuild", "--config", "\(run.path)/reconciler.yaml"],
            environment: ["HONGBAO_ROLES_PORT": "\(rolesPort)"], in: run)
        let exit = process.waitForExit(within: .seconds(90))
        guard exit == .code(0) else {
            throw StackFailure("rebuild ended with \(String(describing: exit)): \(process.logTail())")
        }
    }

    /// Orders in `orders.carp`, twins included, in no order.
    func produced() throws -> [Order] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Logger(label: "reader"))
        var orders: [Order] = []
        try TopicScan.all(Topics(campaign: ClaimCampaign.id).orders(game: "carp"), reader: reader) {
            _, record in
            if let order = try? OrderRecord.decode(record.value, catalog) { orders.append(order) }
        }
        return orders
    }
}
