import Foundation
import Glibc
import NIOCore
import Stack
import Synchronization

/// The services of a torture, and the thread that starts them again when they end.
///
/// Any thread may call any method; those that wait block.
final class TortureCrew: Sendable {
    private static let stopGrace: Duration = .seconds(8)

    private struct State {
        var services: [KeptService] = []
        var isStopping = false
    }

    private let run: RunDirectory
    private let environment: [String: String]
    private let state = Mutex(State())

    init(in run: RunDirectory, environment: [String: String]) {
        self.run = run
        self.environment = environment
    }

    /// Starts `program serve` under a name, and keeps it running.
    ///
    /// - Parameter isHeld: it is only started by `release`.
    func add(_ name: String, _ program: String, settings: String, isHeld: Bool = false) throws {
        var service = KeptService(
            name: name, executable: try ServiceProgram.locate(program),
            arguments: ["serve", "--config", settings], environment: environment)
        service.isHeld = isHeld
        if !isHeld { try service.start(in: run, nowNs: NIODeadline.now().uptimeNanoseconds) }
        state.withLock { $0.services.append(service) }
    }

    /// Begins to look after the services.
    func watch() {
        let thread = Thread { [self] in
            while look() { usleep(50_000) }
        }
        thread.name = "watch"
        thread.start()
    }

    /// Starts what has ended; false when all is being stopped.
    private func look() -> Bool {
        state.withLock { state in
            guard !state.isStopping else { return false }
            let nowNs = NIODeadline.now().uptimeNanoseconds
            for index in state.services.indices {
                if let exit = state.services[index].process?.exit {
                    state.services[index].ended(exit, nowNs: nowNs)
                }
                let service = state.services[index]
                guard service.process == nil, !service.isHeld, service.dueNs <= nowNs else { continue }
                do {
                    try state.services[index].start(in: run, nowNs: nowNs)
                } catch {
                    state.services[index].ended(.code(127), nowNs: nowNs)
                }
            }
            return true
        }
    }

    func process(_ name: String) -> ChildProcess? {
        state.withLock { state in state.services.first { $0.name == name }?.process }
    }

    func isHeld(_ name: String) -> Bool {
        state.withLock { state in state.services.first { $0.name == name }?.isHeld ?? true }
    }

    func restarts() -> [(name: String, count: Int)] {
        state.withLock { $0.services.map { ($0.name, $0.restarts) } }
    }

    /// Ends a service by SIGTERM, and by SIGKILL when the grace is over; it is not started again until
    /// `release`.
    ///
    /// - Returns: how it ended; nil: it did not run.
    func dismiss(_ name: String, grace: Duration) -> ChildProcess.Exit? {
        let process = state.withLock { state -> ChildProcess? in
            guard let index = state.services.firstIndex(where: { $0.name == name }) else { return nil }
            state.services[index].isHeld = true
            return state.services[index].process
        }
        process?.resume()
        return process?.terminate(grace: grace)
    }

    func release(_ name: String) {
        state.withLock { state in
            guard let index = state.services.firstIndex(where: { $0.name == name }) else { return }
            state.services[index].isHeld = false
        }
    }

    func stop() {
        let services = state.withLock { state in
            state.isStopping = true
            return state.services.compactMap(\.process)
        }
        for process in services { process.resume() }
        for process in services { process.signal(SIGTERM) }
        for process in services { process.terminate(grace: Self.stopGrace) }
    }
}
