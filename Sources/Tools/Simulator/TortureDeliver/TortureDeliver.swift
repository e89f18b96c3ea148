import Foundation
import NIOCore
import NIOPosix
import Orders
import Redis
import Stack

/// A run of the delivery torture: accepted orders go out to ten games while games, Deliverers and stores are
/// struck; and then the books are opened.
///
/// Blows that lose nothing fall as deliveries get on, and overlap. One that loses data waits for the others
/// to be over; after it the house must come back by itself, and while all Deliverers are away `reconciler
/// verify` must find nothing wrong.
final class TortureDeliver: Sendable {
    struct Options: Sendable {
        var scale: DeliverScale
        /// How long the house may take to come back after a blow.
        var recovery: Duration = .seconds(120)
        /// How long the last orders may take once nothing strikes any more.
        var drain: Duration = .seconds(180)
    }

    struct Result: Sendable {
        var audit: DeliverAudit
        var blows: [(name: String, count: Int)]
        var skipped: [String]
        var restarts: [(name: String, count: Int)]
        var tallies: [(name: String, count: Int)]
        /// Verifications that found something wrong, in the reconciler's words.
        var unclean: [String]
        /// What the last verification found before Redis was set right by Kafka's word; nil: nothing.
        var setRight: String?
        var seconds: Double
        /// From the first delivery to the last, lossy blows included.
        var deliverySeconds: Double

        var isClean: Bool { audit.isClean }
    }

    /// Without progress for so long, games that were gone are resumed once more: a 410 may have come late.
    /// Longer than it takes until partitions of a killed Deliverer belong to another one.
    private static let patience: Duration = .seconds(12)

    /// A blow falls so long after the one before at the latest, also where nothing gets on meanwhile.
    private static let longestGap: Duration = .seconds(4)

    let options: Options
    let faults: [DeliverFault]
    let house: DeliverHouse
    let games: DeliverGames
    let fill: DeliverFill
    let stores: DeliverStores
    let blow: DeliverBlow
    private let say: @Sendable (String) -> Void
    private let startedNs = NIODeadline.now().uptimeNanoseconds

    private var scale: DeliverScale { options.scale }

    init(
        _ options: Options, _ house: DeliverHouse, loop: any EventLoop,
        say: @escaping @Sendable (String) -> Void
    ) async throws {
        self.options = options
        self.house = house
        self.say = say
        faults = DeliverFault.schedule(options.scale)
        games = try await DeliverGames(
            house.catalog, secrets: house.secrets, ports: house.campaign.ports, seed: options.scale.seed)
        fill = try DeliverFill(house, options.scale, loop: loop)
        stores = try DeliverStores(house, loop: loop)
        blow = DeliverBlow(house, games, stores, options.scale, say: say)
    }

    /// Runs a whole torture with stores, services and games of its own, and stops them all.
    static func run(
        _ options: Options, in run: RunDirectory, keepingFiles: Bool,
        say: @escaping @Sendable (String) -> Void
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let house = try DeliverHouse(options.scale, in: run)
        var torture: TortureDeliver?
        let result: Swift.Result<Result, any Error>
        do {
            let made = try await TortureDeliver(options, house, loop: group.next(), say: say)
            torture = made
            result = .success(try await made.run())
        } catch {
            result = .failure(error)
        }
        await torture?.stores.redis.shutDown()
        var keeps = keepingFiles
        if case .success(let result) = result { keeps = keeps || !result.isClean } else { keeps = true }
        house.stop(keepingFiles: keeps)
        await torture?.games.stop()
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private var elapsedS: Double { Double(NIODeadline.now().uptimeNanoseconds - startedNs) / 1e9 }

    func tell(_ text: String) { say("\(String(format: "%6.1f s", elapsedS))  \(text)") }

    private func run() async throws -> Result {
        try await stores.redis.ready(within: .seconds(10))
        try await fill.open()
        try await fill.fill()
        await fill.close()
        tell("\(fill.orders.count.grouped) orders accepted")
        try await Torture.blocking { [house] in try house.start() }
        let beganS = elapsedS
        tell("\(house.deliverers.count) deliverers deliver")
        var unclean = try await strike()
        tell("nothing strikes any more; the rest is delivered")
        let isDrained = try await drain()
        let deliveryS = elapsedS - beganS
        let ended = await house.dismissAll()
        var setRight: String?
        if let words = try await verified("verify") {
            // Who was killed between Kafka's word and Redis's leaves an order parked that was granted, where
            // its game can neither be asked nor sent to again: found, named, and set right by Kafka's word.
            // Nothing else is: everything that is not parked has ended by now.
            if TortureReconciler.complaints(words) == [TortureReconciler.endsOnlyInKafka], isDrained {
                tell("Redis is set right by what Kafka knows")
                setRight = words
                try await Torture.blocking { [house] in try house.reconciler.setRight("rebuild") }
                let words = try await verified("verify-again")
                unclean += words.map { ["in the end:\n\($0)"] } ?? []
            } else {
                unclean.append("in the end:\n\(words)")
            }
        }
        let holdings = try await stores.read(fill.orders.keys, bootstrap: house.kafka.currentBootstrap)
        let audit = DeliverAudit(
            fill.orders, grants: try await games.grants(), holdings: holdings,
            windows: try await games.windows(),
            house: .init(isDrained: isDrained, badEnds: ended, unclean: unclean.count))
        return Result(
            audit: audit, blows: blow.table, skipped: blow.skipped.map(\.rawValue),
            restarts: house.crew.restarts(), tallies: try await games.tallies(), unclean: unclean,
            setRight: setRight,
            seconds: elapsedS, deliverySeconds: deliveryS)
    }

    // MARK: - Blows

    /// Lets the blows fall in their order; returns what verifications complained of.
    private func strike() async throws -> [String] {
        var unclean: [String] = []
        var standing: [Task<Void, any Error>] = []
        // Where one fails the others need not go on.
        defer { for task in standing { task.cancel() } }
        var lanes: [DeliverFault.Lane: Task<Void, any Error>] = [:]
        for fault in faults {
            let gap = Deadline(after: Self.longestGap)
            while try await games.requests() < fault.atDelivery, !gap.hasPassed {
                try await Task.sleep(for: .milliseconds(5))
            }
            if fault.isLossy {
                for task in standing { try await task.value }
                standing.removeAll()
                try await comeBack()
                try await lookAfterFlights()
                if let words = try await lose(fault) { unclean.append("after \(fault):\n\(words)") }
                continue
            }
            let before = fault.lane == .free ? nil : lanes[fault.lane]
            let task = Task { [self] in
                try await before?.value
                tell("\(fault)")
                try await blow.strike(fault)
            }
            lanes[fault.lane] = task
            standing.append(task)
        }
        for task in standing { try await task.value }
        try await comeBack()
        return unclean
    }

    /// Strikes, waits until everything is whole again, and has it verified while nobody delivers.
    private func lose(_ fault: DeliverFault) async throws -> String? {
        let rebuilds = try await Torture.blocking { [house] in house.reconciler.rebuilds }
        tell("\(fault)")
        try await blow.strike(fault)
        try await comeBack(rebuilds: rebuilds + 1)
        // What one store alone has heard of stands in the queue, and comes to the other when it is delivered.
        let deadline = Deadline(after: options.recovery)
        while true {
            tell("open again; the deliverers leave for the verification")
            _ = await house.dismissAll()
            let words = try await verified("verify-\(fault.atDelivery)")
            house.releaseAll()
            try await comeBack()
            guard let words else { return nil }
            let mayHeal = TortureReconciler.complaints(words) == [TortureReconciler.endsOnlyInRedis]
            guard mayHeal, !deadline.hasPassed else { return words }
        }
    }

    /// - Returns: what the reconciler complains of.
    private func verified(_ name: String) async throws -> String? {
        let (isClean, text) = try await Torture.blocking { [house] in try house.reconciler.verify(name) }
        tell(isClean ? "verified: nothing wrong" : "VERIFY FOUND FAULTS\n\(text)")
        return isClean ? nil : text
    }

    /// Waits until all may deliver: what a blow did may take a moment to be noticed, so they must be ready
    /// for a while on end.
    private func comeBack(rebuilds: Int = 0) async throws {
        let limit = options.recovery
        try await Torture.blocking { [house] in
            for _ in 0..<3 {
                try house.awaitReady(within: limit, rebuilds: rebuilds)
                usleep(300_000)
            }
        }
    }

    /// Waits until every attempt that is under way now has come to an end that Kafka knows of. Of what a
    /// deliverer had in flight when it was killed only Redis tells, until its successor has looked at it: to
    /// lose both at once is more than is promised.
    private func lookAfterFlights() async throws {
        let deadline = Deadline(after: options.recovery)
        var left = try await stores.flights(fill.orders.keys)
        while !left.isEmpty {
            guard !deadline.hasPassed else { throw StackFailure("\(left.count) attempts do not end in time") }
            try await Task.sleep(for: .milliseconds(20))
            let now = try await stores.flights(left.keys)
            left = left.filter { now[$0.key] == $0.value }
        }
    }

    // MARK: - The end

    /// Waits until every order has ended or is parked; false when the time is up.
    private func drain() async throws -> Bool {
        let deadline = Deadline(after: options.drain)
        var (fewest, sinceS, toldS) = (Int.max, elapsedS, elapsedS)
        while true {
            var (open, words) = ([OrderState](), "")
            switch await stores.states(fill.orders.keys) {
            case .success(let states):
                open = states.values.filter { !$0.isClosed && $0 != .parked }
                words = "\(open.count.grouped) orders open"
                if open.isEmpty { return true }
                if open.count < fewest { (fewest, sinceS) = (open.count, elapsedS) }
            case .failure(let failure): words = "\(failure)"
            }
            if elapsedS - toldS > 5 {
                tell(words)
                toldS = elapsedS
            }
            guard !deadline.hasPassed else {
                let counts = Dictionary(grouping: open, by: \.name).mapValues(\.count)
                tell("NOT DRAINED in \(options.drain): \(counts.sorted { $0.key < $1.key })")
                return false
            }
            if elapsedS - sinceS > Self.patience / .seconds(1) {
                for case .game(let game, .gone) in faults.map(\.kind) { try await blow.resume(game) }
                sinceS = elapsedS
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }
}
