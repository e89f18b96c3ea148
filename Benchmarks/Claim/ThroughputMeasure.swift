import Bench
import Catalog
import Foundation
import Stack

/// Durable claims a second: every ticket and coupon new, each answer 202 behind Kafka's acknowledgement; all
/// of it on two cores, beside a script that claims one coupon a call.
struct ThroughputMeasure {
    /// Processor time a claim in Claim itself, µs.
    private static let budget = 15.0

    let stage: ClaimStage
    let crowd: ClaimCrowd

    func run() async throws -> (rows: [ResultRow], highest: Double) {
        stage.say("durable claims, 16 in a pipeline")
        let peer = ScriptPeer(stage: stage, buckets: crowd.campaign.catalog.campaign.storage.claimBuckets)
        let piped = try await series(peer, depth: 16)
        stage.say("durable claims, one at a time")
        let single = try await series(peer, depth: 1)
        let runs = piped.runs
        func cost(_ key: KeyPath<ClaimServer.Usage, Double>) -> Double {
            Median.of(runs.map { $0.cost(key) })
        }
        let redisPeer = Median.of(piped.peerCosts)
        return (
            [
                piped.row("durable claims, pipelined 16", pass: 0.35, aim: 0.6),
                single.row("durable claims, not pipelined"),
                ResultRow(
                    "processor time a claim, Claim", ours: cost(\.claim), unit: "µs", better: .lower,
                    peer: Self.budget, peerName: "budget", pass: 1),
                ResultRow(
                    "processor time a claim, Redis", ours: cost(\.redis), unit: "µs", better: .lower,
                    peer: redisPeer, peerName: "one-claim script"),
                ResultRow("processor time a claim, broker", ours: cost(\.kafka), unit: "µs", better: .lower),
                ResultRow("processor time a claim, load", ours: cost(\.load), unit: "µs", better: .lower),
            ], Median.of(runs.map(\.rate))
        )
    }

    /// Alternating pairs of one depth.
    struct Series {
        var runs: [ClaimRun] = []
        var peers: [Sample] = []
        var peerCosts: [Double] = []
        var cores = 2

        func row(_ name: String, pass: Double? = nil, aim: Double? = nil) -> ResultRow {
            let busy = (
                Median.of(runs.map { $0.usage.busy(cores: cores) }), Median.of(peers.compactMap(\.busy))
            )
            var row = ResultRow(
                name, ours: Median.of(runs.map(\.rate)), unit: "/s", better: .higher,
                peer: Median.of(peers.map(\.value)), peerName: "redis-benchmark, one-claim script",
                pass: pass, aim: aim, note: "busy \(percent(busy.0)) of 2 cores, \(percent(busy.1)) of one")
            // What only stands beside has nothing to pass: there redis-benchmark itself is the limit.
            row.isVoid = pass != nil && min(busy.0, busy.1) < PairSeries.leastBusy
            row.ratio = row.isVoid ? nil : Median.of(zip(runs, peers).map { $0.rate / $1.value })
            return row
        }
    }

    func series(_ peer: ScriptPeer, depth: Int) async throws -> Series {
        var series = Series()
        series.cores = stage.options.cores.count
        // How many calls take as long as a run of ours.
        var calls = Int(try await peer.run(calls: 200_000, depth: depth).sample.value * stage.seconds)
        for pair in 0..<stage.pairs {
            if pair % 2 == 0 { series.runs.append(try await ours(depth)) }
            let (sample, cost) = try await peer.run(calls: calls, depth: depth)
            stage.say(
                "  script: \(Figure.text(sample.value)) a second, \(Figure.text(cost)) µs of redis each, "
                    + "busy \(percent(sample.busy ?? 0))")
            series.peers.append(sample)
            series.peerCosts.append(cost)
            calls = Int(sample.value * stage.seconds)
            if pair % 2 == 1 { series.runs.append(try await ours(depth)) }
        }
        return series
    }

    /// One run against a server of its own.
    func ours(_ depth: Int, fsync: String = "everysec") async throws -> ClaimRun {
        let server = try await crowd.server(fsync: fsync)
        defer { server.stop() }
        let load = try PipelinedLoad(
            .init(port: server.port, connections: stage.options.connections, depth: depth), crowd.book)
        _ = try load.run(seconds: ClaimCrowd.warmSeconds)
        // One profile is enough: of a pipelined run.
        let perf = depth > 1 ? try stage.options.perf.map { try profile(server, to: $0) } : nil
        let run = try ClaimRun(stage, server, load, status: 202)
        _ = perf?.waitForExit(within: .seconds(30))
        _ = try load.finish()
        stage.say("  ours, appendfsync \(fsync): \(run.text(stage))")
        return run
    }

    /// `perf record` of Claim beside the run.
    private func profile(_ server: ClaimServer, to path: String) throws -> ChildProcess {
        let absolute = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        return try ChildProcess(
            name: stage.childName("perf"), executable: try ServiceProgram.locateInPath("perf"),
            arguments: [
                "record", "-F", "999", "-g", "-p", "\(server.process.pid)", "-o", absolute, "--", "sleep",
                "\(max(1, Int(stage.seconds) - 1))",
            ], in: stage.run)
    }
}

/// `appendfsync always` beside `everysec`.
struct FsyncMeasure {
    let stage: ClaimStage
    let crowd: ClaimCrowd

    func run() async throws -> [ResultRow] {
        stage.say("durable claims with appendfsync always")
        let measure = ThroughputMeasure(stage: stage, crowd: crowd)
        var (always, everysec): ([ClaimRun], [ClaimRun]) = ([], [])
        for pair in 0..<stage.pairs {
            if pair % 2 == 0 { always.append(try await measure.ours(16, fsync: "always")) }
            everysec.append(try await measure.ours(16))
            if pair % 2 == 1 { always.append(try await measure.ours(16, fsync: "always")) }
        }
        let busy = Median.of(always.map { $0.usage.busy(cores: stage.options.cores.count) })
        var row = ResultRow(
            "durable claims, appendfsync always", ours: Median.of(always.map(\.rate)), unit: "/s",
            better: .higher, peer: Median.of(everysec.map(\.rate)), peerName: "appendfsync everysec",
            pass: 0.5, note: "busy \(percent(busy)): it waits for the disk")
        row.ratio = Median.of(zip(always, everysec).map { $0.rate / $1.rate })
        return [row]
    }
}
