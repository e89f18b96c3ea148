import Foundation
import Stack
import Synchronization

/// Carries blows out, each until it is over, and counts them.
final class DeliverBlow: Sendable {
    /// What the Deliverers of this build could not do when they were asked.
    enum Skip: String, Sendable {
        case limit = "no POST /v1/admin/limits/{game}: limits were not changed"
        case resume = "no POST /v1/admin/games/{game}/resume: every Deliverer was killed instead"
    }

    private let house: DeliverHouse
    private let games: DeliverGames
    private let stores: DeliverStores
    private let scale: DeliverScale
    private let say: @Sendable (String) -> Void
    private let counts = Mutex<[String: Int]>([:])
    private let skips = Mutex<Set<Skip>>([])

    init(
        _ house: DeliverHouse, _ games: DeliverGames, _ stores: DeliverStores, _ scale: DeliverScale,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.house = house
        self.games = games
        self.stores = stores
        self.scale = scale
        self.say = say
    }

    /// Blows by name, and how many of each were carried out.
    var table: [(name: String, count: Int)] {
        counts.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
    var skipped: [Skip] { skips.withLock { Array($0).sorted { $0.rawValue < $1.rawValue } } }

    func strike(_ fault: DeliverFault) async throws {
        counts.withLock { $0[fault.label, default: 0] += 1 }
        switch fault.kind {
        case .game(let game, let trouble): try await vex(game, trouble, fault.lengthMs)
        case .limit(let game, let percent): try await limit(game, percent, fault.lengthMs)
        case .killDeliverer, .stopDeliverer, .removeDeliverer: try await crew(fault)
        default: try await store(fault)
        }
    }

    private func pause(_ ms: Int) async throws { try await Task.sleep(for: .milliseconds(ms)) }

    private func skip(_ what: Skip) {
        if skips.withLock({ $0.insert(what).inserted }) { say("SKIPPED: \(what.rawValue)") }
    }

    // MARK: - Games

    private func vex(_ game: Int, _ trouble: DeliverFault.Trouble, _ lengthMs: Int) async throws {
        let (begin, end): (String, String?) =
            switch trouble {
            case .hangs: (#"{"hang_ms":\#(lengthMs)}"#, nil)
            case .refuses: (#"{"refuse_ms":\#(lengthMs)}"#, nil)
            case .errs: (#"{"error_ratio":1}"#, #"{"error_ratio":0}"#)
            case .errsAfter: (#"{"grant_error_ratio":1}"#, #"{"grant_error_ratio":0}"#)
            case .drops: (#"{"drop_ratio":0.7}"#, #"{"drop_ratio":0}"#)
            case .throttles:
                (#"{"throttle_ratio":0.9,"retry_after_s":1}"#, #"{"throttle_ratio":0}"#)
            case .slow: (#"{"latency_ms":[300,900]}"#, #"{"latency_ms":[2,12]}"#)
            case .drips: (#"{"drip_ratio":0.8}"#, #"{"drip_ratio":0}"#)
            case .gone: (#"{"gone":true}"#, #"{"gone":false}"#)
            }
        try await games.set(game, begin)
        try await pause(lengthMs)
        if let end { try await games.set(game, end) }
        if trouble == .gone { try await resume(game) }
    }

    /// As an operator does after a game has said 410.
    func resume(_ game: Int) async throws {
        let name = DeliverCampaign.names[game]
        let answer = try await Torture.blocking { [house] in try house.admin.resume(name) }
        guard answer == .noSuchAction else { return }
        skip(.resume)
        for name in house.deliverers {
            try await Torture.blocking { [house] in _ = house.crew.process(name)?.kill() }
        }
    }

    /// The receiver allows more before the sender may, and less after it.
    private func limit(_ game: Int?, _ percent: Int, _ lengthMs: Int) async throws {
        let base = Double(game == nil ? scale.totalPerSecond : scale.gamePerSecond)
        let other = (base * Double(percent) / 100).rounded()
        guard try await change(game, from: base, to: other) else { return skip(.limit) }
        try await pause(lengthMs)
        _ = try await change(game, from: other, to: base)
    }

    private func change(_ game: Int?, from: Double, to: Double) async throws -> Bool {
        let burst = game == nil ? scale.totalBurst : scale.gameBurst
        if to > from { try await games.changeLimit(game, perSecond: to, burst: burst) }
        let name = game.map { DeliverCampaign.names[$0] } ?? "total"
        let answer = try await Torture.blocking { [house] in
            try house.admin.limit(name, perSecond: to, burst: burst)
        }
        let isDone = answer == .done
        if isDone, to < from { try await games.changeLimit(game, perSecond: to, burst: burst) }
        if !isDone, to > from { try await games.changeLimit(game, perSecond: from, burst: burst) }
        return isDone
    }

    // MARK: - Deliverers

    private func crew(_ fault: DeliverFault) async throws {
        let crew = house.crew
        switch fault.kind {
        case .killDeliverer(let index):
            let name = house.deliverers[index]
            try await Torture.blocking { _ = crew.process(name)?.kill() }
        case .stopDeliverer(let index):
            let process = crew.process(house.deliverers[index])
            process?.pause()
            try await pause(fault.lengthMs)
            process?.resume()
        case .removeDeliverer(let index):
            let name = house.deliverers[index]
            try await Torture.blocking { [house] in house.dismiss(name) }
            try await pause(fault.lengthMs)
            crew.release(name)
        default: preconditionFailure("no blow at a deliverer")
        }
    }

    // MARK: - Stores

    private func store(_ fault: DeliverFault) async throws {
        let house = house
        switch fault.kind {
        case .killReconciler:
            try await Torture.blocking { _ = house.crew.process("reconciler")?.kill() }
        case .killRedis:
            try await Torture.blocking { house.redis.kill9() }
            try await pause(fault.lengthMs)
            try await Torture.blocking { try house.redis.restart(keepingData: true) }
        case .stopRedis:
            house.redis.pause()
            try await pause(fault.lengthMs)
            house.redis.resume()
        case .cutRedis: try await stores.cutConnections()
        case .brokerDown:
            try await Torture.blocking { try house.kafka.order("/v1/admin/broker/down") }
            try await pause(fault.lengthMs)
            try await Torture.blocking { try house.kafka.order("/v1/admin/broker/up") }
        case .stopBroker:
            house.kafka.pause()
            try await pause(fault.lengthMs)
            house.kafka.resume()
        case .emptyRedis: try await stores.empty()
        case .rollBackRedis:
            let snapshot = try await Torture.blocking { try house.redis.snapshot() }
            try await pause(fault.lengthMs)
            try await Torture.blocking { try house.redis.restart(from: snapshot) }
        case .wipeBroker: try await Torture.blocking { try house.kafka.order("/v1/admin/wipe") }
        default: preconditionFailure("no blow at a store")
        }
    }
}
