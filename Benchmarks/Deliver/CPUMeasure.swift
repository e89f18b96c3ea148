import Bench
import Stack

/// Processor time of the whole Deliverer at 5,000/s to ten games over keep-alive, beside h2load's for the
/// same requests at the same rate to the same sink.
///
/// Each has the server's core to itself; Redis, the broker and the sink share the other one.
struct CPUMeasure {
    private static let perSecond = 5_000.0
    private static let warmSeconds = 3.0
    /// Both must have kept the rate this well.
    private static let kept = 0.97
    /// Of a core.
    private static let budget = 0.30
    private static let aim = 0.20

    let stage: DeliverStage

    func run() async throws -> [ResultRow] {
        let sink = try Sink(stage)
        defer { sink.stop() }
        let peers = LoadPeers(stage: stage, sample: try SampleRequest(stage))
        var ours: [SinkRun] = []
        var theirs: [SinkRun] = []
        stage.say("cpu: \(Figure.text(Self.perSecond)) deliveries a second to ten games")
        for pair in 0..<stage.pairs {
            if pair % 2 == 0 {
                ours.append(try await deliverer(sink, isFirst: pair == 0))
                theirs.append(try h2load(peers, sink, ours[0].connections))
            } else {
                theirs.append(try h2load(peers, sink, ours[0].connections))
                ours.append(try await deliverer(sink, isFirst: false))
            }
            stage.say("  ours: \(ours[pair].text)\n  h2load: \(theirs[pair].text)")
        }
        try demandEqualRequests(sink)
        return rows(ours, theirs)
    }

    private func deliverer(_ sink: Sink, isFirst: Bool) async throws -> SinkRun {
        let length = Double(stage.options.cpuLength)
        let games = (0..<Sink.games).map { _ in
            DeliverCampaign.Game(perSecond: Self.perSecond / Double(Sink.games), burst: 80, concurrency: 50)
        }
        // Some more than the run and its beginning need.
        let each = Int(Self.perSecond / Double(Sink.games) * (length + Self.warmSeconds + 10))
        let house = try DeliverHouse(
            stage, games: games, total: .init(perSecond: Self.perSecond, burst: 750), orders: each,
            sink: sink)
        defer { house.stop(keepingSink: true) }
        try await OrderQueue.fill(house, orders: games.map { _ in each })
        let deliverer = try house.startDeliverer(cores: [stage.server])
        try house.awaitFlow(Self.perSecond * 0.9)
        DeliverStage.pass(seconds: Self.warmSeconds)
        let perf = try isFirst ? profile(deliverer, seconds: stage.options.cpuLength) : nil
        let run = try SinkRun.watch(deliverer, house, seconds: length)
        _ = perf?.waitForExit(within: .seconds(60))
        try house.demandRunning()
        try demandRate(run, "the Deliverer")
        try house.end(deliverer)
        return run
    }

    private func profile(_ deliverer: DelivererProcess, seconds: Int) throws -> ChildProcess? {
        guard let file = stage.options.perf else { return nil }
        return try stage.client.start(
            name: stage.childName("perf"), executable: try ServiceProgram.locateInPath("perf"),
            arguments: [
                "record", "-F", "499", "-g", "-o", file, "-p", "\(deliverer.process.pid)", "--", "sleep",
                "\(max(2, seconds - 2))",
            ], in: stage.run)
    }

    private func h2load(_ peers: LoadPeers, _ sink: Sink, _ connections: Int) throws -> SinkRun {
        let run = try peers.h2load(
            sink, perSecond: Self.perSecond, connections: max(Sink.games, connections),
            seconds: stage.options.cpuLength)
        try demandRate(run, "h2load")
        return run
    }

    private func demandRate(_ run: SinkRun, _ who: String) throws {
        guard run.rate >= Self.perSecond * Self.kept else {
            throw StackFailure(
                "\(who) made \(Figure.text(run.rate)) of \(Figure.text(Self.perSecond)) a second")
        }
    }

    /// The peers' requests are as long as ours: the log's lengths are all within a few bytes.
    private func demandEqualRequests(_ sink: Sink) throws {
        sink.settleLog()
        let lengths = try SinkVerdict.lengths(stage, log: sink.log)
        guard lengths.longest - lengths.shortest <= 24 else {
            throw StackFailure("requests are \(lengths.shortest) to \(lengths.longest) bytes long")
        }
        stage.say("  requests: \(lengths.shortest) to \(lengths.longest) bytes, ours and h2load's")
    }

    private func rows(_ ours: [SinkRun], _ theirs: [SinkRun]) -> [ResultRow] {
        let median = Median.of(ours.map(\.busy))
        var ratio = ResultRow(
            "processor time a delivery at 5,000/s", ours: Median.of(ours.map(\.cost)), unit: "µs",
            better: .lower, peer: Median.of(theirs.map(\.cost)), peerName: "h2load --rps, HTTP/1.1", pass: 3,
            aim: 2, note: "\(ours[0].connections) connections")
        ratio.ratio = Median.of(zip(ours, theirs).map { $0.cost / $1.cost })
        var rows = [
            ratio,
            ResultRow(
                "of a core at 5,000/s", ours: median * 100, unit: "%", better: .lower,
                peer: Self.budget * 100, peerName: "budget", pass: 1, aim: Self.aim / Self.budget),
        ]
        // Of the run in the middle: the threads add up to its figure.
        let middle = ours.sorted { $0.cost < $1.cost }[ours.count / 2]
        for thread in middle.threads {
            rows.append(
                ResultRow(
                    "  thread \(thread.name)", ours: thread.seconds * 1e6 / Double(max(1, middle.requests)),
                    unit: "µs", better: .lower, note: "a delivery"))
        }
        return rows
    }
}
