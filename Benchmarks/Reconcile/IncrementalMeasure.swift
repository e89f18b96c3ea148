import Bench
import Foundation
import Glibc

/// A run after one file in a hundred has come to each side, beside a full one.
struct IncrementalMeasure {
    let stage: ReconcileStage

    func run() throws -> [ResultRow] {
        // IDs that go through the disk are compared anew, all of them: for information.
        [try row(.dense, pass: 0.05), try row(.random, pass: nil)]
    }

    private func row(_ form: IDKind, pass: Double?) throws -> ResultRow {
        let files = try IDFiles(stage, form, count: stage.options.orders)
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
        return ResultRow(
            "\(form.rawValue), after 1 % more", ours: grownS, unit: "s", better: .lower, peer: fullS,
            peerName: "a full run", pass: pass)
    }
}
