import Bench
import NIOCore
import NIOPosix
import Stack

/// Latency at half of the highest rate, from when each claim was meant to be sent.
struct LatencyMeasure {
    private static let connections = 256
    private static let settleSeconds = 2.0

    let stage: ClaimStage
    let crowd: ClaimCrowd
    let highest: Double

    func run() async throws -> [ResultRow] {
        let rate = highest / 2
        // What the people at hand last for.
        let seconds = min(stage.seconds * 2, Double(crowd.count) / rate / 1.05 - Self.settleSeconds)
        stage.say("latency at \(Figure.text(rate)) a second, for \(Figure.text(seconds)) s")
        var outcomes: [TimedLoad.Outcome] = []
        for _ in 0..<stage.pairs { outcomes.append(try await measured(rate, seconds)) }
        let late = Median.of(outcomes.map { $0.lateness.ms(99) })
        return [50, 99, 99.9].map { percentile in
            ResultRow(
                "\(percentile == 99.9 ? "p99.9" : "p\(Int(percentile))") at \(Figure.text(rate))/s",
                ours: Median.of(outcomes.map { $0.latencies.ms(percentile) }), unit: "ms", better: .lower,
                note: "of it the generator's own delay, p99: \(Figure.text(late)) ms")
        }
    }

    private func measured(_ rate: Double, _ seconds: Double) async throws -> TimedLoad.Outcome {
        let server = try await crowd.server()
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let plan = TimedLoad.Plan(
            port: server.port, connections: Self.connections, perSecond: rate,
            settleSeconds: Self.settleSeconds, seconds: seconds)
        let watch = try server.watch()
        let outcome = try await TimedLoad(plan, crowd.book, loop: group.next()).run()
        let busy = try watch.used().busy(cores: stage.options.cores.count)
        try await group.shutdownGracefully()
        stage.say(
            "  \(outcome.latencies.text); cores busy \(percent(busy)), answers \(outcome.answers), lost "
                + "\(outcome.lost)")
        return outcome
    }
}
