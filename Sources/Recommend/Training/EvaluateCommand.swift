import ArgumentParser
import CampaignFiles
import Telemetry
import Wire

/// `recommend evaluate`: whether what is learned is worth serving.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Holds claims back, learns from the rest, and says which order would have found them.",
        discussion: """
            \(TrainingOptions.logForm)

            Orders: random; popularity, by claims, the same for everybody; registration, what the person can \
            claim first and chance beyond that; registration and popularity by segment, what is served to \
            people without a vector; learned, what is served with one: the ranking of `recommend serve` over \
            vectors in their compact form. All are asked about all packs of the campaign.

            NDCG@10 with its standard error, recall@10, and coverage: the share of all packs that stand in \
            anybody's first ten.

            Exit codes: 0 evaluated; 64 wrong usage; 65 too many bad lines, or no claim to ask about; 66 the \
            log cannot be read; 73 --json cannot be written; 78 the campaign is faulty or cannot have a model.
            """)

    @OptionGroup var options: TrainingOptions
    @Option(help: "What is held back: `last`, each person's last claim; `time:0.2`, the last 20 % of time.")
    var holdout = HoldOut.last
    @Option(help: ArgumentHelp("Where the same numbers go as JSON.", valueName: "file"))
    var json: String?

    func run() throws {
        let startNs = SystemClock.nowNs
        let log = try options.load(for: "evaluate")
        let evaluation = Evaluation(log, holdOut: holdout, training: options.training) { epoch in
            OfflineRun.note("  pass \(epoch) of \(options.epochs)")
        }
        let report = EvaluationReport(evaluation, log: log, holdOut: holdout)
        guard report.asked > 0, evaluation.choices > 0 else {
            let reason = "\(options.claims): no claim to ask about, or none to learn from"
            throw OfflineRun.fail("evaluate", reason, OfflineRun.badData)
        }
        OfflineRun.note("  done in \((SystemClock.nowNs - startNs) / 1_000_000) ms")
        for line in report.lines { print(line) }
        guard let json else { return }
        do throws(FileFault) {
            var output = try LineOutput(json)
            try output.write(report.json)
            try output.finish()
        } catch {
            throw OfflineRun.fail("evaluate", "\(error)", OfflineRun.cannotCreate)
        }
    }
}
