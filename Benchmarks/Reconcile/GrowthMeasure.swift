import Bench

/// How time and memory grow with the lists.
struct GrowthMeasure {
    let stage: ReconcileStage

    func run() throws -> [ResultRow] {
        var rows: [ResultRow] = []
        for form in [IDKind.dense, .random] {
            for count in [1_000_000, 10_000_000, 100_000_000] where count <= stage.options.orders {
                let files = try IDFiles(stage, form, count: count)
                var (seconds, peak): ([Double], Double) = ([], 0)
                for _ in 0..<stage.pairs {
                    let timing = try stage.diff(files)
                    seconds.append(timing.seconds)
                    peak = max(peak, timing.peakMiB)
                }
                let median = Median.of(seconds)
                stage.say("growth: \(form.rawValue) \(count): \(Figure.text(median)) s")
                rows.append(
                    ResultRow(
                        "\(form.rawValue), \(Figure.text(Double(count))) a side, ours alone", ours: median,
                        unit: "s", better: .lower, note: "\(Figure.text(peak)) MiB"))
            }
        }
        return rows
    }
}
