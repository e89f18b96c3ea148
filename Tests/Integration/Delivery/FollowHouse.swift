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
import Wire

/// A real redis-server, LocalKafka, a deliverer and one game whose files are edited while it runs.
final class FollowHouse: Sendable {
    static let old = "whsec_" + String(repeating: "QUJD", count: 12)
    static let new = "whsec_" + String(repeating: "WFla", count: 12)

    let run: RunDirectory
    let book = FollowGame.Book()
    let deliverer: ServiceUnderTest
    private let campaign: ClaimCampaign
    /// As the files were at first.
    private let catalog: Catalog
    private let redis: RedisServer
    private let kafka: LocalKafkaServer
    private let port: Int
    private let server: HTTPServer
    private let group: MultiThreadedEventLoopGroup

    private init(run: RunDirectory) async throws {
        self.run = run
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        (server, port) = try await FollowGame.start(book, on: group)
        campaign = try ClaimCampaign(in: run, edits: Self.edits(port, "/grant", "", [:]))
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        let secrets = try run.directory("secrets")
        try Data(
            (APIKeyring.line(name: "ada", key: ClaimHouse.key(of: "ada").utf8) + "\n").utf8
        ).write(to: URL(fileURLWithPath: "\(run.path)/operators"))
        deliverer = try ServiceUnderTest(
            "deliverer",
            settings: """
                campaign: \(campaign.directory)
                loops: 1
                admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
                redis: {url: "\(redis.url)"}
                kafka: {bootstrap: "\(kafka.bootstrap)"}
                games: {secrets_dir: \(secrets), allow_private: true}
                """, environment: ["HONGBAO_ROLES_PORT": "1"], in: run)
        try secret(Self.old)
    }

    /// - Parameter body: gets a house whose deliverer is ready.
    static func with(_ body: (FollowHouse) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "follow-house")
        defer { run.release() }
        let house = try await FollowHouse(run: run)
        let result: Result<Void, any Error>
        do {
            try await house.openRun()
            try house.deliverer.start()
            try house.deliverer.awaitReady()
            result = .success(try await body(house))
        } catch {
            print("--- deliverer\n\(house.deliverer.log)")
            result = .failure(error)
        }
        house.deliverer.kill()
        house.kafka.stop()
        house.redis.stop()
        await house.server.drain(deadline: .seconds(1))
        try await house.group.shutdownGracefully()
        try result.get()
    }

    // MARK: - The files

    private static let entry = #""endpoint": "http://127.0.0.1:1/grant", "queryEndpoint": null"#

    /// - Parameter members: of the game's entry, behind its endpoint; PORT stands for the game's.
    private static func edits(
        _ port: Int, _ path: String, _ members: String, _ more: [String: String]
    ) -> [String: String] {
        var edits = more
        // Nobody times out while the game holds requests.
        edits[#""requestTimeoutMs": 1000"#] = #""requestTimeoutMs": 60000"#
        edits[entry] = "\"endpoint\": \"http://127.0.0.1:PORT\(path)\"\(members)"
            .replacingOccurrences(of: "PORT", with: "\(port)")
        return edits
    }

    /// Writes the campaign's files anew, as they were at first but for this.
    func edit(_ path: String = "/grant", _ members: String = "", _ more: [String: String] = [:]) throws {
        try campaign.write(Self.edits(port, path, members, more))
    }

    /// The campaign as it will be after an edit that nobody has made yet.
    func catalog(with edits: [String: String]) throws -> Catalog {
        let files = try CatalogLoader.fileNames.map { name in
            Array(edits.reduce(try text(name)) { $0.replacingOccurrences(of: $1.key, with: $1.value) }.utf8)
        }
        return try CatalogLoader.load(
            campaign: files[0], games: files[1], gifts: files[2], directory: campaign.directory,
            allowUnset: true)
    }

    func overwrite(_ file: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(campaign.directory)/\(file)"))
    }

    func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(campaign.directory)/\(file)", encoding: .utf8)
    }

    func secret(_ text: String) throws {
        try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: "\(run.path)/secrets/carp.secret"))
    }

    // MARK: - The deliverer

    func admin(_ path: String) throws -> String {
        try LoopbackHTTP.get(
            port: deliverer.ports["admin"] ?? 0, path,
            headers: ["x-api-key": ClaimHouse.key(of: "ada")]
        ).text
    }

    /// A command to its end; the settings file is put behind it.
    func command(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, text: String) {
        let process = try ChildProcess(
            name: "command-\(UInt32.random(in: 0 ... .max))",
            executable: try ServiceProgram.locate("deliverer"),
            arguments: arguments + ["--config", deliverer.settingsPath],
            environment: ["HONGBAO_ROLES_PORT": "1"], in: run)
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 60))
    }

    // MARK: - Orders

    /// Writes orders of a lane of their own, for a gift pack by its slot and id.
    func order(_ count: Int, lane: UInt32, gift: UInt16 = 0) async throws -> [OrderID] {
        try await order(count, lane: lane, gift: gift, of: catalog)
    }

    func order(_ count: Int, lane: UInt32, gift: UInt16, of catalog: Catalog) async throws -> [OrderID] {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1000)
        let topic = Topics(campaign: ClaimCampaign.id).orders(game: "carp")
        let orders = (0..<count).map { index in
            let user = UInt64(lane) << 20 | UInt64(index)
            return Order(
                id: OrderID(lane: lane, shard: keys.shard(user: user), sequence: UInt32(index)),
                coupon: user, user: user, gift: gift, region: 0, role: 7, claimedAtMs: nowMs,
                deadlineMs: nowMs + 2880 * 60_000)
        }
        let records = orders.enumerated().map { index, order in
            OutgoingRecord(
                topic: topic, key: Array("\(index)".utf8), value: OrderRecord.encode(order, catalog))
        }
        try await produce(records, to: kafka.bootstrap, on: group.next())
        return orders.map(\.id)
    }

    func areDelivered(_ orders: [OrderID]) async throws -> Bool {
        try await store { try await $0.states(orders) }.values.allSatisfy { $0 == .delivered }
    }

    private var keys: StoreKeys { StoreKeys(campaign: ClaimCampaign.id, shards: 8, buckets: 32) }

    private func openRun() async throws {
        let catalog = self.catalog
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
        let store = OrderStore(redis: connection, keys: keys)
        let result: Result<Value, any Error>
        do {
            let standing = try await store.awaiting { store, then in store.standing(then: then) }
            store.epoch = standing.openEpoch ?? 0
            result = .success(try await body(store))
        } catch { result = .failure(error) }
        await connection.shutDown()
        return try result.get()
    }
}

extension FollowHouse {
    /// Edits that are served.
    func loads() throws -> Int {
        let line = try admin("/metrics").split(separator: "\n").first {
            $0.hasPrefix(#"hongbao_deliverer_catalog_reloads_total{result="loaded"}"#)
        }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? 0
    }
}
