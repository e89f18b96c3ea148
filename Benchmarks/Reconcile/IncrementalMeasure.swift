import Bench
import Foundation
import Glibc

/// A run after one file in a hundred has come to each side, beside a full one.
struct IncrementalMeasure {
    let stage: ReconcileStage

    func run() throws -> [ResultRow] {
        let count = stage.options.orders
        let files = try IDFiles(stage, .dense, count: count)
        let work = "\(stage.data)/kept"
        defer { try? FileManager.default.removeItem(atPath: work) }
        var (full, grown): ([Double], [Double]) = ([], [])
        for _ in 0..<stage.pairs {
            try? FileManager.default.removeItem(atPath: work)
            full.append(try stage.diff(files).seconds)
            let first = try stage.diff(files, ["--resume", work, "--keep"])
            let more = try files.grow()
            defer { for path in more { unlink(path) } }
            let timing = try stage.diff(files, ["--resume", work, "--keep"])
            stage.say("incremental: \(timing.text); the first one, which is kept: \(first.text)")
            grown.append(timing.seconds)
        }
        let (fullS, grownS) = (Median.of(full), Median.of(grown))
        return [
            ResultRow(
                "dense, after 1 % more", ours: grownS, unit: "s", better: .lower, peer: fullS,
                peerName: "a full run", pass: 0.05)
        ]
    }
}
