import CampaignFiles
import Foundation
import Kafka
import Logging
import OrderLog
import OrderStore
import Orders
import Redis
import Stack
import Synchronization
import Wire

/// The reconciler over the delivery house, and losses done to its stores by hand.
extension DeliveryHouse {
    private static let commands = Mutex(0)

    /// Runs a command of the reconciler to its end.
    func reconciler(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
        try reconciler(arguments)
    }

    private func reconciler(_ arguments: [String]) throws -> (exit: ChildProcess.Exit?, output: String) {
        let config = "\(run.path)/reconciler.yaml"
        let settings = """
            campaign: \(campaign)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1500}
            claim: {lease: 1500ms}
            rebuild: {settle_wait: 6s}
            """
        try Data(settings.utf8).write(to: URL(fileURLWithPath: config))
        let number = Self.commands.withLock { number in
            number += 1
            return number
        }
        let process = try ChildProcess(
            name: "reconciler-\(number)", executable: try ServiceProgram.locate("reconciler"),
            arguments: arguments + ["--config", config],
            environment: ["HONGBAO_GAMES_PORT": "\(gamesPort)", "HONGBAO_ROLES_PORT": "\(gamesPort)"], in: run
        )
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 200))
    }

    /// One reconciliation, young orders and all.
    func reconcile(_ more: String...) throws -> ReportSeen {
        let path = "\(run.path)/report.json"
        let ended = try reconciler(["run", "--too-young", "0", "--out", path] + more)
        guard ended.exit == .code(0) || ended.exit == .code(2),
            case .object(let report) = try JSON.parse(FileBytes.read(path), limits: .document)
        else { throw StackFailure("no report: \(ended.output)") }
        return ReportSeen(isClean: ended.exit == .code(0), report: report, output: ended.output)
    }

    /// Makes a plan and sends it; what `apply` said.
    func heal() throws -> String {
        let path = "\(run.path)/plan-\(Self.commands.withLock { $0 }).json"
        let made = try reconciler("plan", "--too-young", "0", "--out", path)
        guard made.exit == .code(0),
            case .object(let plan) = try JSON.parse(FileBytes.read(path), limits: .document),
            case .string(let sum)? = plan["checksum"]
        else { throw StackFailure("no plan: \(made.output)") }
        let applied = try reconciler(
            "plan", "apply", path, "--checksum", sum, "--by", "mei", "--reason", "lost", "--yes", "--rate",
            "1000")
        guard applied.exit == .code(0) else { throw StackFailure("not applied: \(applied.output)") }
        return applied.output
    }

    /// Claims as the claim service accepts them, in Redis only; their orders, numbered.
    func claimed(_ count: Int, game: String, lane: UInt32) async throws -> [Order] {
        let wanted = try orders(count, game: game, lane: lane)
        return try await store { store in
            var claimed = [Order]()
            for (shard, part) in Dictionary(grouping: wanted, by: \.id.shard) {
                claimed += try await store.accept(
                    part, shard: shard, lane: lane, first: 0,
                    credits: [StockCredit(gift: part[0].gift, drawnEver: 1_000)])
            }
            return claimed
        }
    }

    /// Kafka has acknowledged their records, whether or not it holds them.
    func confirmed(_ orders: [Order]) async throws {
        try await store { store in
            for (shard, part) in Dictionary(grouping: orders, by: \.id.shard) {
                _ = try await store.awaiting { store, then in
                    store.confirm(shard: shard, orders: part.map(\.id), then: then)
                }
            }
        }
    }

    /// Moves the deliverers' marks past everything that stands in a game's topics; while none of them runs.
    func passEverything(_ game: String) throws {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for topic in [topics.orders(game: game), topics.retries(game: game)] {
            let ends = try TopicScan.ranges(topic, reader: reader).mapValues(\.upperBound)
            try reader.commit(group: CampaignTopics.delivererGroup(catalog), ends, joining: true)
        }
    }

    /// Redis loses the states of some orders, and of what stands beside them.
    func forgetStates(_ orders: [Order]) async throws {
        try await store { store in
            for order in orders {
                var command = RedisCommand("DEL")
                command.add(store.keys.states(order.id))
                _ = try await store.redis.send(command)
            }
        }
    }

    /// Redis alone hears that orders were granted.
    func grantInRedisOnly(_ orders: [Order]) async throws {
        try await store { store in
            for order in orders {
                let entry = AttemptEntry(order: order, attempt: 1, resendsUnknown: false)
                let begun = try await store.awaiting { store, then in
                    store.begin(shard: order.id.shard, owner: 9, lifeMs: 60_000, entries: [entry], then: then)
                }
                let event = SettleEntry(order: order.id, event: .granted, attempt: 1)
                let settled = try await store.awaiting { store, then in
                    store.settle(shard: order.id.shard, entries: [event], then: then)
                }
                guard begun == [.go], settled.first?.applied == true else {
                    throw StackFailure("not granted")
                }
            }
        }
    }
}

/// What a reconciliation said.
struct ReportSeen {
    let isClean: Bool
    let report: JSONObject
    let output: String

    /// Orders of each class that holds any.
    var classes: [String: Int] { counts("classes") }
    /// Orders of each kind of conflict that there is.
    var conflicts: [String: Int] { counts("conflict_counts") }

    private func counts(_ key: String) -> [String: Int] {
        guard case .object(let object)? = report[key] else { return [:] }
        return object.members.reduce(into: [:]) { counts, member in
            if case .integer(let count) = member.value, count > 0 { counts[member.key] = Int(count) }
        }
    }

    /// The orders that a list names, where a member of each is as told.
    func orders(_ list: String, where key: String? = nil, is value: JSON? = nil) -> Set<OrderID> {
        guard case .array(let items)? = report[list] else { return [] }
        return items.reduce(into: []) { orders, item in
            guard case .object(let object) = item, case .string(let text)? = object["order"],
                let id = OrderID(text: text), key.map({ object[$0] == value }) ?? true
            else { return }
            orders.insert(id)
        }
    }

    /// What each source says of an order that two tell differently.
    func says(_ id: OrderID) -> [String: String] {
        guard case .array(let items)? = report["conflicting"] else { return [:] }
        for case .object(let object) in items where object["order"] == .string(id.text) {
            guard case .object(let says)? = object["says"] else { continue }
            return says.members.reduce(into: [:]) { words, member in
                if case .string(let word) = member.value { words[member.key] = word }
            }
        }
        return [:]
    }
}
