import ArgumentParser
import Orders
import Telemetry

/// `deliverer dead`: orders that ended other than delivered, and records that nobody could read.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Dead letters: what ended other than delivered, and why.",
        subcommands: [DeadListCommand.self])
}

/// `deliverer dead list`.
struct DeadListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Counts dead letters by game, reason and status, and shows the newest ones.",
        discussion: """
            Reads the campaign's dead topic from its beginning, and asks Redis where each order stands now: \
            it may have been redriven, or granted, meanwhile. An order counts once, by its latest letter. \
            Changes nothing. Memory: 24 to 30 bytes for each order that has a letter.

            Exit codes: 0; 65 no such game; 69 Redis or Kafka cannot be reached; 78 a setting will not do.
            """)

    /// What `--limit` may be.
    static let limits = 0...10_000

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @OptionGroup var letters: LetterFilterOptions
    @Option(help: ArgumentHelp("The same as --with-reason.", valueName: "text"))
    var reason: String?
    @Option(help: "How many letters, and how many poison records, to show in full.")
    var limit = 20
    @Flag(help: "One JSON object instead of tables.")
    var json = false

    func validate() throws {
        guard Self.limits.contains(limit) else { throw ValidationError("--limit takes 0 to 10000.") }
        guard reason == nil || letters.withReason == nil else {
            throw ValidationError("--reason and --with-reason are the same: give one.")
        }
        guard (1...256).contains(reason?.utf8.count ?? 1) else {
            throw ValidationError("--reason takes 1 to 256 bytes.")
        }
    }

    func run() async throws {
        try await DeskFault.exiting {
            try await DeskStores.with(config) { stores in
                var filter = try letters.filter(stores.catalog)
                filter.reason = filter.reason ?? reason
                let (catalog, topic, window, meant) = (stores.catalog, stores.topics.dead, limit, filter)
                let survey = try await stores.blocking { reader in
                    var survey = LetterSurvey(catalog, meant, window: window)
                    try survey.read(reader, topic: topic)
                    return survey
                }
                let report = try await LetterReport(survey, stores.store, nowMs: SystemClock.nowMs)
                DeskOutput.say(json ? String(decoding: report.json, as: UTF8.self) : report.text)
            }
        }
    }
}
