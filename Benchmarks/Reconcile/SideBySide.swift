import Bench

/// The full comparison beside the peers: rate and peak memory.
struct SideBySide {
    /// What ours may take, in MiB.
    static let memoryMiB = 512.0

    let stage: ReconcileStage
    let form: IDKind
    private var isDense: Bool { form == .dense }

    init(stage: ReconcileStage, form: IDKind) {
        self.stage = stage
        self.form = form
    }

    func run() throws -> [ResultRow] {
        try stage.demandPeers()
        let count = stage.options.orders
        let files = try IDFiles(stage, form, count: count)
        let ids = Double(2 * count) / 1e6
        var (peak, duckPeak) = (0.0, 0.0)
        stage.say("\(form.rawValue): \(count) a side")
        // Whoever came first would pay for the disk.
        try files.warm()
        let pairs = try PairSeries(
            stage.pairs,
            ours: {
                let timing = try stage.diff(files)
                stage.say("  ours: \(timing.text)")
                peak = max(peak, timing.peakMiB)
                return Sample(ids / timing.seconds)
            },
            peer: {
                let timing = try stage.peer("duck", files)
                stage.say("  duckdb: \(timing.text)")
                duckPeak = max(duckPeak, timing.peakMiB)
                return Sample(ids / timing.seconds)
            })
        let name = "\(form.rawValue), \(Figure.text(Double(count))) a side"
        var rows = [
            ResultRow(
                name, pairs, unit: "M IDs/s", better: .higher, peerName: "duckdb, 2 threads",
                pass: isDense ? 5 : 1.5, aim: isDense ? 10 : 2,
                note: "\(Figure.text(ids / pairs.oursMedian)) s and "
                    + "\(Figure.text(ids / pairs.peerMedian)) s"),
            ResultRow(
                "\(name), peak", ours: peak, unit: "MiB", better: .lower, peer: Self.memoryMiB,
                peerName: "budget", pass: 1, note: "duckdb \(Figure.text(duckPeak)) MiB"),
        ]
        if stage.has("polars") { rows.append(polars(files, pairs)) }
        return rows
    }

    /// It stands beside the comparison and is no part of it: it may lack the memory.
    private func polars(_ files: IDFiles, _ pairs: PairSeries) -> ResultRow {
        let name = "\(form.rawValue), \(Figure.text(Double(files.count))) a side, polars"
        do {
            let timing = try stage.peer("bears", files)
            stage.say("  polars: \(timing.text)")
            let rate = Double(2 * files.count) / 1e6 / timing.seconds
            return ResultRow(
                name, ours: pairs.oursMedian, unit: "M IDs/s", better: .higher, peer: rate,
                peerName: "polars, 2 threads",
                note: "\(Figure.text(timing.seconds)) s, \(Figure.text(timing.peakMiB)) MiB, once")
        } catch {
            stage.say("  polars: \(error)")
            return ResultRow(
                name, ours: pairs.oursMedian, unit: "M IDs/s", better: .higher,
                peerName: "polars, 2 threads", note: "no result: \(String(describing: error).prefix(60))")
        }
    }
}
