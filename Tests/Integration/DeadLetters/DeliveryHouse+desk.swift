import CampaignFiles
import Catalog
import Foundation
import Kafka
import Logging
import OrderStore
import Orders
import Stack
import Synchronization

@testable import Deliverer

/// The operators' commands, as processes and in this one, over the house's stores.
extension DeliveryHouse {
    private static let counter = Mutex(0)

    var config: String { "\(run.path)/deliverer.yaml" }
    func path(_ name: String) -> String { "\(run.path)/\(name)" }
    var topics: Topics { Topics(campaign: catalog.campaign.id) }

    /// Begins a command.
    func begin(_ arguments: [String]) throws -> ChildProcess {
        let number = Self.counter.withLock { number in
            number += 1
            return number
        }
        return try ChildProcess(
            name: "desk-\(number)", executable: try ServiceProgram.locate("deliverer"),
            arguments: arguments + ["--config", config],
            environment: ["HONGBAO_GAMES_PORT": "\(gamesPort)", "HONGBAO_ROLES_PORT": "\(gamesPort)"], in: run
        )
    }

    /// Runs a command to its end.
    func desk(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
        let process = try begin(arguments)
        return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 200))
    }

    /// The stores as a command has them.
    func stores<Value: Sendable>(_ body: (DeskStores) async throws -> Value) async throws -> Value {
        try await store { store in
            try await body(
                DeskStores(
                    catalog: catalog, store: store, kafka: KafkaClientOptions(bootstrap: kafka.bootstrap),
                    logger: Logger(label: "desk") { _ in SwiftLogNoOpLogHandler() }))
        }
    }

    /// Orders of a game that a running deliverer has had rejected; the game takes all from then on.
    func rejected(_ count: Int, game: String, lane: UInt32) async throws -> [Order] {
        try faults(game, #"{"reject_ratio": 1}"#)
        let orders = try orders(count, game: game, lane: lane)
        try await produce(orders, game: game)
        guard try await areAll(.rejected, orders) else { throw StackFailure("not all were rejected: \(log)") }
        try faults(game, #"{"reject_ratio": 0}"#)
        return orders
    }

    func areAll(_ state: OrderState, _ orders: [Order]) async throws -> Bool {
        let ids = orders.map(\.id)
        return try await store { store in
            try await eventually { try await store.states(ids).values.allSatisfy { $0 == state } }
        }
    }

    /// Records of orders that were sent again, of one game.
    func resent(_ game: String) throws -> [Order] {
        try records(topics.orders(game: game)).compactMap { try? OrderRecord.decode($0, catalog) }
            .filter(\.isResend)
    }

    func control() throws -> [ControlRecord] {
        try records(topics.control).map { try ControlRecord.decode($0) }
    }

    /// The word behind `checksum` in what a dry run printed.
    static func checksum(_ output: String) -> String {
        output.firstMatch(of: /checksum  ([0-9a-f]{64})/).map { String($0.1) } ?? "none"
    }
}

/// What a test throws to cut something off.
struct CutOff: Error {}
