import Foundation
import HTTPServer
import NIOCore
import NIOPosix
import Redis
import Stack
import Telemetry

/// A run of the torture: people claim without end while the house is struck, and then the books are opened.
///
/// Blows that lose nothing fall as they are scheduled, and some overlap. One that loses data waits for the
/// others to be over; after it the house must come back by itself, the people hold their breath, and
/// `reconciler verify` must find nothing wrong.
final class Torture: Sendable {
    struct Options: Sendable {
        var scale: TortureScale
        var lossy = 6
        var mild = 28
        /// Every answer is written down in the run directory.
        var writesNotes = false
        /// How long the house may take to come back after a blow.
        var recovery: Duration = .seconds(120)
    }

    struct Result: Sendable {
        var audit: TortureAudit
        var notes: TortureNotes
        var progress: TortureLoad.Progress
        /// Verifications that found something wrong, in the reconciler's words.
        var unclean: [String]
        var restarts: [(name: String, count: Int)]
        var seconds: Double

        var isClean: Bool { audit.isClean && unclean.isEmpty }
    }

    /// Before a blow, so that requests are on their way again when it falls.
    private static let swing: Duration = .milliseconds(30)

    let options: Options
    let plan: TorturePlan
    let faults: [TortureFault]
    let house: TortureHouse
    let load: TortureLoad
    let stores: TortureStores
    private let say: @Sendable (String) -> Void
    private let startedNs = NIODeadline.now().uptimeNanoseconds

    init(
        _ options: Options, rolesPort: Int, loop: any EventLoop, in run: RunDirectory,
        say: @escaping @Sendable (String) -> Void
    ) throws {
        self.options = options
        self.say = say
        plan = TorturePlan(options.scale)
        faults = TortureFault.schedule(
            seed: options.scale.seed, attempts: options.scale.attempts, lossy: options.lossy,
            mild: options.mild)
        house = try TortureHouse(options.scale, rolesPort: rolesPort, in: run)
        let desk = try TortureDesk(plan, secrets: house.secrets, nowS: SystemClock.nowMs / 1000)
        load = try TortureLoad(
            plan: plan, desk: desk, ports: house.claimPorts, loop: loop,
            notesPath: options.writesNotes ? "\(run.path)/answers.txt" : nil)
        stores = try TortureStores(house.catalog, redisURL: house.redis.url, loop: loop)
    }

    /// Runs a whole torture with stores, services and role services of its own, and stops them all.
    static func run(
        _ options: Options, in run: RunDirectory, keepingFiles: Bool,
        say: @escaping @Sendable (String) -> Void
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (roles, port) = try await TortureRoles.start(on: group)
        var torture: Torture?
        let result: Swift.Result<Result, any Error>
        do {
            let made = try Torture(options, rolesPort: port, loop: group.next(), in: run, say: say)
            torture = made
            result = .success(try await made.run())
        } catch {
            result = .failure(error)
        }
        try? await torture?.load.end()
        await torture?.stores.redis.shutDown()
        var keeps = keepingFiles
        if case .success(let result) = result { keeps = keeps || !result.isClean } else { keeps = true }
        torture?.house.stop(keepingFiles: keeps)
        await roles.drain(deadline: .seconds(1))
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private var elapsedS: Double { Double(NIODeadline.now().uptimeNanoseconds - startedNs) / 1e9 }

    func tell(_ text: String) {
        let begun = load.progress.begun
        say("\(String(format: "%6.1f s", elapsedS))  \(begun.grouped) attempts: \(text)")
    }

    private func run() async throws -> Result {
        try await Self.blocking { [house] in try house.start() }
        try await stores.redis.ready(within: .seconds(10))
        tell("the house is ready, people come")
        load.start()
        let unclean = try await strike()
        try await attemptsBegun(plan.scale.attempts)
        tell("all attempts are made; what is open is repeated until it is settled")
        try await settle()
        let last = try await verified("last")
        let holdings = try await stores.read(bootstrap: house.bootstrap)
        let notes = try await load.currentNotes()
        return Result(
            audit: TortureAudit(plan: plan, notes: notes, holdings: holdings), notes: notes,
            progress: load.progress, unclean: unclean + [last].compactMap { $0 }, restarts: house.restarts(),
            seconds: elapsedS)
    }

    /// Runs what blocks on a thread of its own: a blow may wait for minutes for what only another one brings
    /// back, so that the two must never queue for the same threads.
    static func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    // MARK: - Blows

    /// Lets the blows fall in their order; returns what verifications complained of.
    ///
    /// People may go on for a third of the way to the next blow before the house has come back from this one,
    /// so that there is always somebody to be hit. After every second of those that lose nothing they do not
    /// wait: then blows overlap.
    private func strike() async throws -> [String] {
        var unclean: [String] = []
        var standing: [Task<Void, any Error>] = []
        // Where one fails the others need not go on.
        defer { for task in standing { task.cancel() } }
        load.allow(upTo: faults.first?.atAttempt ?? plan.scale.attempts)
        for (index, fault) in faults.enumerated() {
            let next = index + 1 < faults.count ? faults[index + 1].atAttempt : plan.scale.attempts
            try await attemptsBegun(fault.atAttempt)
            if fault.isLossy {
                for task in standing { try await task.value }
                standing.removeAll()
                try await comeBack()
            }
            load.allow(upTo: fault.atAttempt + (next - fault.atAttempt) / 3)
            try await Task.sleep(for: Self.swing)
            tell("\(fault)")
            if fault.isLossy {
                if let words = try await lose(fault, index) { unclean.append("after \(fault):\n\(words)") }
                load.resume()
            } else {
                let task = Task { try await TortureBlow(house, load, stores).strike(fault) }
                standing.append(task)
                if index % 2 == 0 {
                    try await task.value
                    try await comeBack()
                }
            }
            load.allow(upTo: next)
        }
        for task in standing { try await task.value }
        try await comeBack()
        return unclean
    }

    /// Strikes, waits until everything is whole again, and has it verified while nobody claims.
    private func lose(_ fault: TortureFault, _ index: Int) async throws -> String? {
        let rebuilds = try await Self.blocking { [house] in house.rebuilds }
        try await TortureBlow(house, load, stores).strike(fault)
        try await comeBack(rebuilds: rebuilds + 1)
        tell("open again; everybody waits for the verification")
        return try await verified("\(index)")
    }

    /// Waits until all Claim processes take claims: what a blow did may take a moment to be noticed, so
    /// they must do so for a while on end.
    private func comeBack(rebuilds: Int = 0) async throws {
        let limit = options.recovery
        try await Self.blocking { [house] in
            var sound = 0
            while sound < 4 {
                try house.awaitReady(within: limit, rebuilds: rebuilds)
                sound += 1
                usleep(500_000)
            }
        }
    }

    /// - Returns: what the reconciler complains of.
    private func verified(_ name: String) async throws -> String? {
        try await load.pause()
        try await outboxEmpty()
        let (isClean, text) = try await Self.blocking { [house] in try house.verify("verify-\(name)") }
        tell(isClean ? "verified: nothing wrong" : "VERIFY FOUND FAULTS\n\(text)")
        return isClean ? nil : text
    }

    /// The sweep's turn: what Kafka did not acknowledge is produced again.
    private func outboxEmpty() async throws {
        let deadline = Deadline(after: options.recovery)
        while try await stores.outboxCount() > 0 {
            guard !deadline.hasPassed else { throw StackFailure("the outbox does not become empty") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    // MARK: - The end

    /// Waits until so many attempts have begun; fails where nobody attempts anything any more.
    private func attemptsBegun(_ count: Int) async throws {
        var (seen, deadline) = (-1, Deadline(after: options.recovery))
        while true {
            let begun = load.progress.begun
            if begun >= count { return }
            if begun != seen { (seen, deadline) = (begun, Deadline(after: options.recovery)) }
            guard !deadline.hasPassed else { throw StackFailure("only \(begun) of \(count) attempts begin") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Repeats what nobody knows; then lets those who heard "sold out" try once more, since a pack that is
    /// still there must find its taker.
    private func settle() async throws {
        try await settled(nil)
        let notes = try await load.currentNotes()
        guard notes.promisedOrders < plan.scale.packs else { return }
        let late = notes.standings.indices.filter {
            notes.standings[$0] == .soldOut || notes.standings[$0] == .spent
        }
        try await settled(late)
        let found = try await load.currentNotes().promisedOrders - notes.promisedOrders
        tell("\(found) orders were only heard of by those who asked again at the end")
    }

    private func settled(_ coupons: [Int]?) async throws {
        try await load.settleRest(coupons)
        let deadline = Deadline(after: options.recovery)
        while try await load.openCount() > 0 {
            guard !deadline.hasPassed else { return tell("not everything could be settled") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
