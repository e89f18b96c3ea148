import Foundation
import Glibc
import NIOCore
import Stack
import Synchronization

/// The whole stack as processes: stores, outside world, services; and the thread that keeps the services
/// running.
///
/// Any thread may call any method. Everything is stopped by pid; whatever way this process ends, its children
/// end with it.
final class House: Sendable {
    struct Event: Sendable {
        let text: String
    }

    private struct State {
        var redis: RedisServer?
        var kafka: LocalKafkaServer?
        var services: [KeptService] = []
        var isStopping = false
        var failure: String?
    }

    let plan: HousePlan
    let run: RunDirectory
    private let state = Mutex(State())
    private let onEvent: @Sendable (Event) -> Void

    private static let readyLimit: Duration = .seconds(30)
    private static let stopGrace: Duration = .seconds(8)
    private static let watchPauseMs: Int64 = 50

    /// - Parameter onEvent: told of ends and starts, on the watching thread.
    init(plan: HousePlan, run: RunDirectory, onEvent: @escaping @Sendable (Event) -> Void) {
        self.plan = plan
        self.run = run
        self.onEvent = onEvent
    }

    // MARK: - Start

    /// Starts everything and waits until it is ready.
    func start(_ step: (String) -> Void) throws {
        step("stores")
        try startStores()
        let (redis, kafka) = state.withLock { ($0.redis, $0.kafka) }
        try plan.writeSettings(
            redisURL: redis?.url ?? plan.redis.address,
            kafka: kafka.map { "bootstrap_file: \($0.bootstrapPath)" }
                ?? "bootstrap: \"\(plan.kafka.address)\"")
        step("games and role services")
        try add("world", program: "simulator", part: .world)
        try ready("world", admin: plan.ports.gamesAdmin)
        step("services")
        try add("claim", program: "claim", part: .claim)
        try add("recommend", program: "recommend", part: .recommend)
        try add("deliverer", program: "deliverer", part: .deliverer)
        try add("reconciler", program: "reconciler", part: .reconciler)
        try ready("claim", admin: plan.ports.claimAdmin)
        try ready("recommend", admin: plan.ports.recommendAdmin)
        try ready("deliverer", admin: plan.ports.delivererAdmin)
        watch()
    }

    private func startStores() throws {
        if plan.redis == .ours {
            let redis = try RedisServer(in: run)
            state.withLock { $0.redis = redis }
        }
        if plan.kafka == .ours {
            let kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: plan.campaign))
            state.withLock { $0.kafka = kafka }
        }
    }

    private func add(_ name: String, program: String, part: HousePlan.Part) throws {
        var service = KeptService(
            name: name, executable: try ServiceProgram.locate(program),
            arguments: ["serve", "--config", plan.settingsFile(part)], environment: plan.environment)
        try service.start(in: run, nowNs: NIODeadline.now().uptimeNanoseconds)
        state.withLock { $0.services.append(service) }
    }

    private func ready(_ name: String, admin: Int) throws {
        let process = state.withLock { $0.services.first { $0.name == name }?.process }
        try Readiness(of: process, within: Self.readyLimit).http(port: admin, "/readyz")
    }

    /// Where Kafka is now, for clients of this process.
    var kafkaBootstrap: String { state.withLock { $0.kafka?.bootstrap } ?? plan.kafka.address }
    var redisURL: String { state.withLock { $0.redis?.url } ?? plan.redis.address }

    // MARK: - Keep

    /// Something that the supervisor cannot mend; the run is over.
    var failure: String? { state.withLock { $0.failure } }

    func restarts(of name: String) -> Int {
        state.withLock { $0.services.first { $0.name == name }?.restarts ?? 0 }
    }

    private func watch() {
        let thread = Thread { [self] in
            while look() { usleep(UInt32(Self.watchPauseMs * 1000)) }
        }
        thread.name = "watch"
        thread.start()
    }

    /// Looks after every service once; false when there is nothing to look after any more.
    private func look() -> Bool {
        let (events, goesOn) = state.withLock { state -> ([Event], Bool) in
            guard !state.isStopping else { return ([], false) }
            var events: [Event] = []
            let nowNs = NIODeadline.now().uptimeNanoseconds
            for index in state.services.indices {
                if let exit = state.services[index].process?.exit {
                    let name = state.services[index].name
                    state.services[index].ended(exit, nowNs: nowNs)
                    events.append(Event(text: "\(name) ended (\(exit.words))"))
                    // The games' memory is what the ledger is checked against: without it there is no result.
                    if name == "world" { state.failure = "the outside world ended, and its memory with it" }
                }
                let service = state.services[index]
                guard service.process == nil, !service.isHeld, service.dueNs <= nowNs, state.failure == nil
                else {
                    continue
                }
                do {
                    try state.services[index].start(in: run, nowNs: nowNs)
                    events.append(Event(text: "\(service.name) started again"))
                } catch {
                    state.services[index].ended(.code(127), nowNs: nowNs)
                    events.append(Event(text: "\(service.name): \(error)"))
                }
            }
            for store in [state.redis?.process, state.kafka?.process].compactMap({ $0 })
            where !store.isRunning {
                state.failure = "\(store.name) ended:\n\(store.logTail(lines: 5))"
            }
            return (events, true)
        }
        for event in events { onEvent(event) }
        return goesOn
    }

    // MARK: - Harm

    /// kill -9. It is started again at once, unless it is to be held down until `release`.
    func kill9(_ name: String, hold: Bool = false) {
        let process = state.withLock { state -> ChildProcess? in
            guard let index = state.services.firstIndex(where: { $0.name == name }) else { return nil }
            state.services[index].isHeld = hold
            return state.services[index].process
        }
        process?.kill()
    }

    func release(_ name: String) {
        state.withLock { state in
            guard let index = state.services.firstIndex(where: { $0.name == name }) else { return }
            state.services[index].isHeld = false
        }
    }

    // MARK: - Stop

    /// Stops everything, services before stores, and gives the run directory up. Again does nothing more.
    ///
    /// - Parameter keepingFiles: leaves logs and settings for somebody to read.
    func stop(keepingFiles: Bool) {
        let (services, stores) = state.withLock { state in
            state.isStopping = true
            let stores = [state.redis?.process, state.kafka?.process].compactMap { $0 }
            return (state.services.compactMap(\.process), stores)
        }
        for process in services { process.signal(SIGTERM) }
        for process in services { process.terminate(grace: Self.stopGrace) }
        for process in stores { process.terminate(grace: Self.stopGrace) }
        run.release(keepingFiles: keepingFiles)
    }
}

extension HousePlan.Store {
    /// The address that was given; empty for ours.
    var address: String {
        if case .given(let address) = self { address } else { "" }
    }
}

extension ChildProcess.Exit {
    /// As a person says it.
    var words: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(SIGKILL): "killed by signal 9"
        case .signal(let number): "signal \(number)"
        }
    }
}
