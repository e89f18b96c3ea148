import NIOCore
import Redis
import Stack

/// Carries a blow out; returns when it is over.
struct TortureBlow: Sendable {
    private let house: TortureHouse
    private let load: TortureLoad
    private let stores: TortureStores

    init(_ house: TortureHouse, _ load: TortureLoad, _ stores: TortureStores) {
        self.house = house
        self.load = load
        self.stores = stores
    }

    func strike(_ fault: TortureFault) async throws {
        let house = house
        let length = Duration.milliseconds(fault.lengthMs)
        switch fault.kind {
        case .killClaim(let index):
            try await Torture.blocking { _ = house.process("claim-\(index)")?.kill() }
        case .killReconciler:
            try await Torture.blocking { _ = house.process("reconciler")?.kill() }
        case .killRedis:
            try await Torture.blocking { house.redis.kill9() }
            try await Task.sleep(for: length)
            try await Torture.blocking { try house.redis.restart(keepingData: true) }
        case .brokerDown:
            try await broker("/v1/admin/broker/down")
            try await Task.sleep(for: length)
            try await broker("/v1/admin/broker/up")
        case .stopClaim(let index):
            let process = house.process("claim-\(index)")
            process?.pause()
            try await Task.sleep(for: length)
            process?.resume()
        case .stopRedis:
            house.redis.pause()
            try await Task.sleep(for: length)
            house.redis.resume()
        case .stopBroker:
            house.kafka.pause()
            try await Task.sleep(for: length)
            house.kafka.resume()
        case .cutPeople:
            load.cutAll()
        case .cutRedis:
            // While Redis is away there is nothing to cut.
            _ = try? await stores.redis.send(.make("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        case .emptyRedis:
            try await stores.redis.ready(within: .seconds(20))
            _ = try await stores.redis.send(.make("FLUSHALL"))
        case .rollBackRedis:
            let snapshot = try await Torture.blocking { try house.redis.snapshot() }
            try await Task.sleep(for: length)
            try await Torture.blocking { try house.redis.restart(from: snapshot) }
        case .wipeBroker:
            try await broker("/v1/admin/wipe")
        }
    }

    private func broker(_ action: String) async throws {
        try await Torture.blocking { [house] in try house.kafka.order(action) }
    }
}
