import ArgumentParser
import Glibc
import Operators
import Orders
import ServiceShell
import Telemetry

/// `deliverer limits`: shows what limits are in force, or sets one.
struct LimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Shows the limits in force, or sets a game's or the total's.",
        discussion: """
            A limit is written to the control topic first, then to Redis, and is in force in every Deliverer \
            within a second, for the whole backlog, over restarts, until another one is set. Without a \
            concurrency the campaign's file's holds, but below the burst.

            Exit codes: 0 done; 64 usage; 65 refused; 66 no key; 69 nobody answers; 75 not now, ask again; \
            77 the key is not accepted; 78 a setting will not do.
            """)

    @OptionGroup var ports: AdminOptions
    @Argument(help: ArgumentHelp("Whose limit: a game's id, or `total`.", valueName: "game"))
    var game: String?
    @Option(help: ArgumentHelp("Requests a second, fractions allowed.", valueName: "number"))
    var perSecond: Double?
    @Option(help: ArgumentHelp("What may come on top within any one second.", valueName: "number"))
    var burst: Int?
    @Option(help: ArgumentHelp("Requests in flight, below the burst.", valueName: "number"))
    var maxConcurrency: Int?
    @Option(help: ArgumentHelp("Why; 1 to 1000 bytes, kept in the control topic.", valueName: "text"))
    var reason: String?

    func validate() throws {
        let isSetting = perSecond != nil || burst != nil || maxConcurrency != nil || reason != nil
        guard isSetting else { return }
        guard game != nil, perSecond != nil, burst != nil, let reason else {
            throw ValidationError(
                "Setting a limit takes a game or total, --per-second, --burst and --reason.")
        }
        guard (1...OperatorReason.maxBytes).contains(reason.utf8.count) else {
            throw ValidationError("--reason takes 1 to \(OperatorReason.maxBytes) bytes.")
        }
    }

    func run() async throws {
        try await CommandFault.exiting("limits") {
            try await Operation.with(ports) { line, admin in
                guard let game, let perSecond, let burst, let reason else {
                    return try show(try await line.ask(admin, "/v1/admin/limits"))
                }
                let request = LimitRequest(
                    perSecond: perSecond, burst: burst, maxConcurrency: maxConcurrency, reason: reason)
                try show(
                    try await line.ask(
                        admin, "/v1/admin/limits/" + Operation.segment(game), body: request.encode()))
            }
        }
    }

    private func show(_ body: [UInt8]) throws {
        let document = try Operation.limits(body)
        CommandOutput.say(LimitsTable(document, only: game, nowMs: SystemClock.nowMs).text)
    }
}
