import ArgumentParser
import CampaignFiles

/// What `run` and `plan` are both told.
struct CutOptions: ParsableArguments {
    private static let tooYoungHelp: String = """
        Orders claimed within so long before the cut are too young to be missing; by default \
        reconciler.too_young, else 0: the order of the reading itself takes nothing on its way for missing.
        """

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String

    @Option(help: ArgumentHelp(tooYoungHelp, valueName: "seconds"))
    var tooYoung: Int?

    func validate() throws {
        guard (0...604_800).contains(tooYoung ?? 0) else {
            throw ValidationError("--too-young is 0 to 604800 seconds.")
        }
    }

    /// Reads the cut and judges it.
    func report(_ stores: CampaignStores) async throws -> ReconciliationReport {
        let limit = tooYoung.map { Duration.seconds($0) } ?? stores.settings.tooYoung ?? .zero
        return try await ReconciliationReport.make(stores, tooYoung: limit)
    }
}

extension ReconciliationReport {
    static func make(_ stores: CampaignStores, tooYoung: Duration) async throws -> ReconciliationReport {
        let tooYoungMs = Int64(tooYoung / .milliseconds(1))
        let cut = try await Cut.read(stores)
        return ReconciliationReport(
            catalog: stores.catalog, cut: cut,
            verdict: try cut.verdict(stores.catalog, tooYoungMs: tooYoungMs),
            tooYoungMs: tooYoungMs)
    }
}

/// `reconciler run`: one reconciliation over Redis and Kafka.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Reconciles once over Redis and Kafka: what became of every order.",
        discussion: """
            Reads claims, outbox, held, orders, retries, outcomes, dead and states, in that order, and puts \
            every order into exactly one class; orders that stand twice in a topic count once.

            Exit codes: 0 nothing is missing or unexpected; 2 something is; 69 Redis or Kafka cannot be \
            reached; 70 the classes do not add up; 73 the report cannot be written; 78 a setting will not \
            do.
            """)

    @OptionGroup var cut: CutOptions
    @Option(help: ArgumentHelp("Where to write the report (JSON).", valueName: "file"))
    var out: String?

    func run() async throws {
        try await ReconcilerFault.exiting {
            let report = try await CampaignStores.with(cut.config) { try await cut.report($0) }
            Console.say(report.table())
            do throws(FileFault) {
                if let out { try OutputFile.write(out, CollectionOfOne(report.json())) }
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            if !report.isClean { throw ExitCode(ReconcilerFault.somethingMissing) }
        }
    }
}
