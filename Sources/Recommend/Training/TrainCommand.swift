import ArgumentParser
import CampaignFiles
import Telemetry

/// `recommend train`: vectors and features from what people claimed.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learns preference vectors and pack features from a log of impressions and claims.",
        discussion: """
            \(TrainingOptions.logForm)

            --out gets a line {"user": "123", "vector": […]} for each person whose choices or games tell of \
            a taste, in the form that `recommend load-profiles` reads. --model gets features and \
            popularities of the packs in the form of a campaign's model.json: put it into the campaign's \
            directory together with loading the vectors, since one means nothing without the other. A log \
            says in which games a person is registered and not as whom, so registrations are not written.

            The same log, options and machine give the same files.

            Exit codes: 0 written; 64 wrong usage; 65 too many bad lines, or no choice to learn from; 66 the \
            log cannot be read; 73 a file cannot be written; 78 the campaign is faulty or cannot have a model.
            """)

    @OptionGroup var options: TrainingOptions
    @Option(help: ArgumentHelp("Where people's vectors go.", valueName: "file"))
    var out: String
    @Option(help: ArgumentHelp("Where the model goes; <out>.model.json if not given.", valueName: "file"))
    var model: String?

    func run() throws {
        let startNs = SystemClock.nowNs
        let log = try options.load(for: "train")
        let learned = LearnedModel(log, visits: 0..<log.count, training: options.training) { epoch in
            OfflineRun.note("  pass \(epoch) of \(options.epochs)")
        }
        guard learned.choices > 0 else {
            let reason = "\(options.claims): nobody chose among packs that they could have"
            throw OfflineRun.fail("train", reason, OfflineRun.badData)
        }
        let modelPath = model ?? "\(out).model.json"
        let people: Int
        do throws(FileFault) {
            people = try writePeople(learned.served, log)
            var output = try LineOutput(modelPath)
            try output.write(ModelFile.json(learned.served, catalog: log.catalog))
            try output.finish()
        } catch {
            throw OfflineRun.fail("train", "\(error)", OfflineRun.cannotCreate)
        }
        print("\(learned.choices) choices learned from in \((SystemClock.nowNs - startNs) / 1_000_000) ms")
        print("\(people) vectors in \(out)")
        print("\(learned.served.gifts.count) packs in \(modelPath)")
    }

    private func writePeople(_ served: ServedModel, _ log: ClaimLog) throws(FileFault) -> Int {
        var output = try LineOutput(out)
        var count = 0
        for (person, user) in log.users.enumerated() {
            guard let vector = served.vector(of: person) else { continue }
            try output.write(ModelFile.person(user, vector))
            count += 1
        }
        try output.finish()
        return count
    }
}
