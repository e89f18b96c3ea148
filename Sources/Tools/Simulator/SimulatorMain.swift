import ArgumentParser

/// The outside world of a campaign, for demos, tests and load: its games, its role services, its people, and
/// a supervisor that runs the whole house on private ports.
@main
struct Simulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "Play the outside world of a campaign: games, role services, people, faults.",
        subcommands: [
            ServeCommand.self, PeopleCommand.self, DemoCommand.self, UpCommand.self, DownCommand.self,
            KeepCommand.self, LogsCommand.self, ScreenshotCommand.self, TortureCommand.self,
            TortureDeliverCommand.self,
        ])
}
