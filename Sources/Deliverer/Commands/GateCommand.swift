import ArgumentParser
import Operators
import ServiceShell
import Telemetry

/// `deliverer pause`: nothing more is sent to a game.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stops the deliveries to one game, in every Deliverer and over restarts.",
        discussion: "What is in flight ends; nothing new begins. Exit codes as of `limits`.")

    @OptionGroup var gate: GateOptions

    func run() async throws { try await gate.run("pause") }
}

/// `deliverer resume`: deliveries to a paused game go on.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Lets the deliveries to a paused game go on, whoever paused it.",
        discussion: "Exit codes as of `limits`.")

    @OptionGroup var gate: GateOptions

    func run() async throws { try await gate.run("resume") }
}

struct GateOptions: ParsableArguments {
    @OptionGroup var ports: AdminOptions
    @Argument(help: ArgumentHelp("The game's id.", valueName: "game"))
    var game: String
    @Option(help: ArgumentHelp("Why; 1 to 1000 bytes, kept in the control topic.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard (1...OperatorReason.maxBytes).contains(reason.utf8.count) else {
            throw ValidationError("--reason takes 1 to \(OperatorReason.maxBytes) bytes.")
        }
    }

    /// - Parameter act: `pause` or `resume`.
    func run(_ act: String) async throws {
        try await CommandFault.exiting(act) {
            try await Operation.with(ports) { line, admin in
                let path = "/v1/admin/games/" + Operation.segment(game) + "/" + act
                let body = try await line.ask(admin, path, body: Operation.reason(reason))
                let document = try Operation.limits(body)
                CommandOutput.say(LimitsTable(document, only: game, nowMs: SystemClock.nowMs).text)
            }
        }
    }
}
