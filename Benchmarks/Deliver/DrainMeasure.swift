import Bench
import Stack

/// A long queue drained unpaced: the Deliverer's memory on the way, and what the sink saw twice.
struct DrainMeasure {
    private static let huge = 100_000.0
    private static let concurrency = 25
    /// Slower than this the run is given up, deliveries a second.
    private static let slowest = 1_000
    /// How much more it may hold at the end than at the first quarter.
    private static let flat = 1.10

    let stage: DeliverStage

    func run() async throws -> [ResultRow] {
        let orders = stage.options.drainOrders / Sink.games * Sink.games
        let games = (0..<Sink.games).map { _ in
            DeliverCampaign.Game(perSecond: Self.huge, burst: Int(Self.huge), concurrency: Self.concurrency)
        }
        let house = try DeliverHouse(
            stage, games: games, total: .init(perSecond: Self.huge * 10, burst: Int(Self.huge)),
            orders: orders / Sink.games)
        defer { house.stop() }
        stage.say("drain: \(orders) orders")
        let filled = try await OrderQueue.fill(house, orders: games.map { _ in orders / Sink.games })
        stage.say("  queued in \(Figure.text(filled)) s")
        let deliverer = try house.startDeliverer()
        let started = ContinuousClock.now
        var marks: [(share: Int, bytes: Int)] = []
        let deadline = Deadline(after: .seconds(60 + orders / Self.slowest))
        while marks.count < 4 {
            guard !deadline.hasPassed else {
                throw StackFailure("\(try house.sink.counts().requests) of \(orders) came in time")
            }
            try house.demandRunning()
            DeliverStage.pass(seconds: 0.05)
            if try house.sink.counts().requests >= orders * (marks.count + 1) / 4 {
                let bytes = try deliverer.residentBytes()
                marks.append(((marks.count + 1) * 25, bytes))
                stage.say("  \(marks.count * 25) %: \(Figure.text(mebibytes(bytes))) MiB")
            }
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        // The sink's status is a request as well: what is still missing comes now, and twins with it.
        DeliverStage.pass(seconds: 3)
        let peak = try deliverer.peakBytes()
        try house.end(deliverer)
        house.sink.settleLog()
        let ids = try SinkVerdict.ids(stage, log: house.sink.log)
        guard ids.distinct == orders else {
            throw StackFailure("\(ids.distinct) of \(orders) orders came to the sink")
        }
        return rows(orders, seconds, marks, peak, again: ids.again)
    }

    private func rows(
        _ orders: Int, _ seconds: Double, _ marks: [(share: Int, bytes: Int)], _ peak: Int, again: Int
    ) -> [ResultRow] {
        let total = Figure.text(Double(orders))
        var twins = ResultRow(
            "orders sent twice of \(total)", ours: Double(again), unit: "", better: .lower, peer: 0,
            peerName: "none", pass: 0, note: "distinct at the sink: \(total)")
        twins.ratio = Double(again)
        let way = marks.map { "\(Figure.text(mebibytes($0.bytes))) at \($0.share) %" }
        return [
            twins,
            ResultRow(
                "memory at the end ÷ at a quarter", ours: mebibytes(marks[3].bytes), unit: "MiB",
                better: .lower, peer: mebibytes(marks[0].bytes), peerName: "at a quarter", pass: Self.flat,
                note: way.joined(separator: ", ")),
            ResultRow("memory, peak", ours: mebibytes(peak), unit: "MiB", better: .lower),
            ResultRow(
                "drained", ours: Double(orders) / seconds, unit: "/s", better: .higher,
                note: "in \(Figure.text(seconds)) s from the Deliverer's start"),
        ]
    }

    private func mebibytes(_ bytes: Int) -> Double { Double(bytes) / Double(1 << 20) }
}
