import ArgumentParser
import CampaignFiles

/// What `run` and `plan` are both told.
struct CutOptions: ParsableArguments {
    private static let tooYoungHelp: String = """
        Orders claimed within so long before the cut are too young to be missing; by default \
        reconciler.too_young, else the longest life in flight: the longest requestTimeoutMs, \
        deliverer.grace_ms and kafka.message_timeout_ms together.
        """
    private static let statementHelp: String = """
        What a game itself says it granted. FORMAT is ids (one a line, the default), csv=COLUMN or \
        jsonl=FIELD. May be given more than once; grants after the file's last change are not looked for.
        """

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String

    @Option(help: ArgumentHelp(tooYoungHelp, valueName: "seconds"))
    var tooYoung: Int?

    @Option(help: ArgumentHelp(statementHelp, valueName: "game=file[:format]"))
    var statement: [StatementOption] = []

    func validate() throws {
        guard (0...604_800).contains(tooYoung ?? 0) else {
            throw ValidationError("--too-young is 0 to 604800 seconds.")
        }
    }

    /// Reads the cut and judges it.
    func report(_ stores: CampaignStores) async throws -> ReconciliationReport {
        let settings = stores.settings
        let limit = tooYoung.map { Duration.seconds($0) } ?? settings.tooYoung ?? settings.longestFlight
        let statements = try statement.map { try $0.read(stores.catalog) }
        return try await ReconciliationReport.make(stores, tooYoung: limit, statements: statements)
    }
}

extension ReconciliationReport {
    static func make(
        _ stores: CampaignStores, tooYoung: Duration,
        statements: [(game: UInt8, statement: GameStatement)] = []
    ) async throws -> ReconciliationReport {
        let tooYoungMs = Int64(tooYoung / .milliseconds(1))
        let cut = try await Cut.read(stores, statements: statements, tooYoungMs: tooYoungMs)
        return ReconciliationReport(
            catalog: stores.catalog, cut: cut, verdict: cut.verdict, tooYoungMs: tooYoungMs)
    }
}

/// `reconciler run`: one reconciliation over Redis and Kafka.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Reconciles once over Redis and Kafka: what became of every order.",
        discussion: """
            Reads claims, outbox, held, orders, retries, outcomes, dead and states, in that order, and puts \
            every order into exactly one class; orders that stand twice in a topic count once. Beside the \
            classes it names what was sent and never due (unexpected), what a game's own statement holds \
            twice (doubled), and what two sources tell differently (conflicting), with what each says.

            Exit codes: 0 nothing is missing, unexpected, doubled or conflicting; 2 something is; 65 a \
            statement cannot be read; 69 Redis or Kafka cannot be reached; 70 the classes do not add up: the \
            message names the sum; 73 the report cannot be written; 78 a setting will not do.
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
