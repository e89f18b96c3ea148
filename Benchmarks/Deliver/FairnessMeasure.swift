import Bench
import Foundation
import Stack
import Wire

/// What nine healthy games have of a tenth that is in trouble: rate, p99 of the gaps between their requests
/// as nginx sees them, and p99 from a permit to the answer as the Deliverer says.
struct FairnessMeasure {
    private enum Trouble: String, CaseIterable {
        case none
        case hangs
        case errs
        case drips
        case throttles

        var title: String {
            switch self {
            case .none: "none"
            case .hangs: "one hangs"
            case .errs: "one answers 500"
            case .drips: "one drips a byte a second"
            case .throttles: "one answers 429"
            }
        }
    }

    /// What the nine see, medians over them.
    private struct Sight {
        var rate: Double
        var gapP99Ms: Double
        var latencyP99Ms: Double
    }

    private static let game = DeliverCampaign.Game(perSecond: 500, burst: 80, concurrency: 50)
    private static let total = DeliverCampaign.Total(perSecond: 5_000, burst: 750)
    private static let most = 1.05
    private static let mostMs = 1.0
    private static let warmSeconds = 3.0

    let stage: DeliverStage

    func run() async throws -> [ResultRow] {
        let rude = try RudeGames(stage)
        defer { rude.stop() }
        var sights: [Trouble: [Sight]] = [:]
        for round in 0..<stage.pairs {
            stage.say("fairness: round \(round + 1)")
            // Who begins changes from round to round.
            let all = Trouble.allCases
            for index in all.indices {
                let trouble = all[(index + round) % all.count]
                let sight = try await look(trouble, rude)
                stage.say(
                    "  \(trouble.title): \(Figure.text(sight.rate)) a second, p99 gap "
                        + "\(Figure.text(sight.gapP99Ms)) ms, p99 \(Figure.text(sight.latencyP99Ms)) ms")
                sights[trouble, default: []].append(sight)
            }
        }
        let healthy = sights[.none] ?? []
        return Trouble.allCases.filter { $0 != .none }.flatMap { rows($0, sights[$0] ?? [], healthy) }
    }

    private func look(_ trouble: Trouble, _ rude: RudeGames) async throws -> Sight {
        let sink = try Sink(stage)
        var games = [DeliverCampaign.Game](repeating: Self.game, count: Sink.games)
        switch trouble {
        case .none: break
        case .hangs: games[Sink.games - 1].port = rude.hangingPort
        case .errs: games[Sink.games - 1].port = sink.erringPort
        case .drips: games[Sink.games - 1].port = rude.drippingPort
        case .throttles: games[Sink.games - 1].port = sink.throttlingPort
        }
        let seconds = Double(stage.options.bench.seconds) + 5
        let each = Int(Self.game.perSecond * (seconds + Self.warmSeconds + 10))
        let house = try DeliverHouse(stage, games: games, total: Self.total, orders: each, sink: sink)
        defer { house.stop() }
        try await OrderQueue.fill(house, orders: games.map { _ in each })
        let deliverer = try house.startDeliverer()
        try house.awaitFlow(Self.game.perSecond * 9 * 0.9)
        DeliverStage.pass(seconds: Self.warmSeconds)
        let from = DeliverStage.now
        DeliverStage.pass(seconds: seconds)
        let until = DeliverStage.now
        let status = try deliverer.status()
        house.sink.settleLog()
        let step = SinkVerdict.Step(at: 0, perSecond: Self.game.perSecond, burst: Self.game.burst)
        let verdict = try SinkVerdict.ask(
            stage,
            .init(
                log: sink.log, from: from, until: until,
                groups: (0..<Sink.games - 1).map { .init(name: "game-\($0)", games: [$0], steps: [step]) }))
        try house.demandRunning()
        return try sight(verdict, status, queued: each, seconds: until - from)
    }

    private func sight(
        _ verdict: SinkVerdict, _ status: [String: [String: Double]], queued: Int, seconds: Double
    ) throws -> Sight {
        for group in verdict.groups where group.count >= queued {
            throw StackFailure("the queue of \(group.name) ran dry")
        }
        let latencies = verdict.groups.compactMap { status[$0.name]?["p99_ms"] }
        guard latencies.count == verdict.groups.count else { throw StackFailure("the status has no p99_ms") }
        return Sight(
            rate: Median.of(verdict.groups.map { Double($0.inside) / seconds }),
            gapP99Ms: Median.of(verdict.groups.map { $0.gapP99Ms ?? .infinity }),
            latencyP99Ms: Median.of(latencies))
    }

    private func rows(_ trouble: Trouble, _ sick: [Sight], _ healthy: [Sight]) -> [ResultRow] {
        var rate = ResultRow(
            "\(trouble.title): rate of the nine", ours: Median.of(sick.map(\.rate)), unit: "/s",
            better: .higher, peer: Median.of(healthy.map(\.rate)), peerName: "all healthy",
            pass: 1 / Self.most)
        rate.ratio = Median.of(zip(sick, healthy).map { $0.rate / $1.rate })
        return [
            rate, row("  p99 of the gaps at the sink", sick, healthy, \.gapP99Ms),
            row("  p99 from permit to answer", sick, healthy, \.latencyP99Ms),
        ]
    }

    private func row(
        _ name: String, _ sick: [Sight], _ healthy: [Sight], _ value: KeyPath<Sight, Double>
    ) -> ResultRow {
        let base = Median.of(healthy.map { $0[keyPath: value] })
        // Whichever is more: a twentieth, or a millisecond.
        let pass = max(Self.most, (base + Self.mostMs) / max(base, 0.001))
        var row = ResultRow(
            name, ours: Median.of(sick.map { $0[keyPath: value] }), unit: "ms", better: .lower, peer: base,
            peerName: "all healthy", pass: pass, note: "1.05 times, or 1 ms more")
        row.ratio = Median.of(
            zip(sick, healthy).map { $0[keyPath: value] / max($1[keyPath: value], 0.001) })
        return row
    }
}

/// The two games that nginx cannot play; see rude.py.
final class RudeGames {
    let hangingPort: Int
    let drippingPort: Int
    private let process: ChildProcess

    init(_ stage: DeliverStage) throws {
        let path = "\(stage.run.path)/rude.json"
        process = try stage.client.start(
            name: stage.childName("rude"), executable: try ServiceProgram.locateInPath("python3"),
            arguments: ["\(stage.peers)/rude.py", path], in: stage.run)
        let file = try Readiness(of: process, within: .seconds(20)).file(path)
        guard case .object(let ports) = try JSON.parse(file, limits: .request),
            case .integer(let hang)? = ports["hang"], case .integer(let drip)? = ports["drip"]
        else { throw StackFailure("rude.py tells no ports") }
        (hangingPort, drippingPort) = (Int(hang), Int(drip))
    }

    func stop() { process.terminate(grace: .seconds(5)) }
}
