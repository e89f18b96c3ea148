import Bench
import Stack

/// Unpaced, on one core, beside `wrk -t1` on the same core against the same sink with as many connections.
struct CeilingMeasure {
    /// More than anybody makes.
    private static let huge = 100_000.0
    private static let concurrency = 25
    /// Of all orders a second that are queued for.
    private static let most = 25_000

    let stage: DeliverStage

    func run() async throws -> [ResultRow] {
        let sink = try Sink(stage)
        defer { sink.stop() }
        let peers = LoadPeers(stage: stage, sample: try SampleRequest(stage))
        stage.say("ceiling: unpaced, one core")
        var ours: [SinkRun] = []
        var theirs: [SinkRun] = []
        for pair in 0..<stage.pairs {
            let wrk = { try peers.wrk(sink, connections: Self.concurrency * Sink.games, seconds: seconds) }
            if pair % 2 == 0 {
                ours.append(try await deliverer(sink))
                theirs.append(try wrk())
            } else {
                theirs.append(try wrk())
                ours.append(try await deliverer(sink))
            }
            stage.say("  ours: \(ours[pair].text)\n  wrk: \(theirs[pair].text)")
        }
        let busy = Median.of(ours.map(\.busy))
        var row = ResultRow(
            "deliveries a second, unpaced, one core", ours: Median.of(ours.map(\.rate)), unit: "/s",
            better: .higher, peer: Median.of(theirs.map(\.rate)), peerName: "wrk -t1", pass: 0.3, aim: 0.4,
            note: "\(Self.concurrency * Sink.games) connections at most; its core busy \(percent(busy)), "
                + "the other: \(ours[0].othersText)")
        row.ratio = Median.of(zip(ours, theirs).map { $0.rate / $1.rate })
        // With an idle core, something else was measured: the stores and the sink on the other one.
        if busy < PairSeries.leastBusy {
            row.isVoid = true
            row.ratio = nil
        }
        return [
            row,
            ResultRow(
                "processor time a delivery, unpaced", ours: Median.of(ours.map(\.cost)), unit: "µs",
                better: .lower),
        ]
    }

    private var seconds: Int { stage.options.bench.seconds }

    private func deliverer(_ sink: Sink) async throws -> SinkRun {
        let games = (0..<Sink.games).map { _ in
            DeliverCampaign.Game(
                perSecond: Self.huge, burst: Int(Self.huge), concurrency: Self.concurrency)
        }
        let each = Self.most * (seconds + 3) / Sink.games
        let house = try DeliverHouse(
            stage, games: games,
            total: .init(perSecond: Self.huge * 10, burst: Int(Self.huge)), orders: each, sink: sink)
        defer { house.stop(keepingSink: true) }
        try await OrderQueue.fill(house, orders: games.map { _ in each })
        let deliverer = try house.startDeliverer(cores: [stage.server])
        let before = try sink.counts().requests
        try house.awaitFlow(1_000)
        // The time in which a new owner holds back, and the caches fill.
        DeliverStage.pass(seconds: 1)
        let run = try SinkRun.watch(deliverer, house, seconds: Double(seconds))
        try house.demandRunning()
        guard try sink.counts().requests - before < each * games.count else {
            throw StackFailure("the queue of \(each * games.count) orders ran dry: the figure means nothing")
        }
        return run
    }
}
