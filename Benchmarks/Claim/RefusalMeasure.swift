import Bench
import Stack

/// Repeats of claims that have their order, and claims for what is sold out, beside durable claims of the
/// same process.
struct RefusalMeasure {
    /// Refusals come faster than claims.
    private static let share = 2.0

    let stage: ClaimStage
    let crowd: ClaimCrowd

    private struct Round {
        var durable: ClaimRun
        var repeats: ClaimRun
        var soldOut: ClaimRun
    }

    func run() async throws -> [ResultRow] {
        stage.say("repeats and sold-out refusals")
        // By people of the first game, with other coupons and tickets than they have claimed with.
        let count = Int(Double(stage.options.most) * Self.share * (stage.seconds + ClaimCrowd.warmSeconds))
        let players = crowd.count / ClaimCampaign.games
        let scarce = RequestBook(count: count) { index in
            crowd.people.request(
                index % players * ClaimCampaign.games, scarce: true, edition: 1 + index / players)
        }
        var rounds: [Round] = []
        for _ in 0..<stage.pairs { rounds.append(try await round(scarce)) }
        return [
            row("repeats", rounds, \.repeats), row("sold-out refusals", rounds, \.soldOut),
        ]
    }

    private func row(_ name: String, _ rounds: [Round], _ key: KeyPath<Round, ClaimRun>) -> ResultRow {
        let cores = stage.options.cores.count
        let runs = rounds.map { $0[keyPath: key] }
        let busy = Median.of(runs.map { $0.usage.busy(cores: cores) })
        let cost = Median.of(runs.map { $0.cost(\.claim) })
        var row = ResultRow(
            name, ours: Median.of(runs.map(\.rate)), unit: "/s", better: .higher,
            peer: Median.of(rounds.map(\.durable.rate)), peerName: "durable claims", pass: 2,
            note: "busy \(percent(busy)); Claim \(Figure.text(cost)) µs each")
        row.isVoid = busy < PairSeries.leastBusy
        row.ratio =
            row.isVoid ? nil : Median.of(rounds.map { $0[keyPath: key].rate / $0.durable.rate })
        return row
    }

    private func round(_ scarce: RequestBook) async throws -> Round {
        let server = try await crowd.server()
        defer { server.stop() }
        let load = try PipelinedLoad(
            .init(port: server.port, connections: stage.options.connections), crowd.book)
        _ = try load.run(seconds: ClaimCrowd.warmSeconds)
        let durable = try ClaimRun(stage, server, load, status: 202)
        let claimed = try load.finish().sent
        let again = try PipelinedLoad(
            .init(port: server.port, connections: stage.options.connections, repeats: true),
            crowd.book.prefix(claimed))
        _ = try again.run(seconds: ClaimCrowd.warmSeconds)
        let repeats = try ClaimRun(stage, server, again, status: 200)
        _ = try again.finish()
        let refused = try PipelinedLoad(
            .init(port: server.port, connections: stage.options.connections), scarce)
        _ = try refused.run(seconds: ClaimCrowd.warmSeconds)
        let soldOut = try ClaimRun(stage, server, refused, status: 409)
        _ = try refused.finish()
        stage.say("  durable: \(durable.text(stage))")
        stage.say("  repeats: \(repeats.text(stage))")
        stage.say("  sold out: \(soldOut.text(stage))")
        return Round(durable: durable, repeats: repeats, soldOut: soldOut)
    }
}
