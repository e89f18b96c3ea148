import ArgumentParser

/// Deliverer: takes accepted orders from Kafka to the games, at the pace each game has agreed to.
///
/// **States.** An order's life is ``OrderState``; what this process adds is a parcel's phase in memory
/// (`Parcel.Phase`), gone with the process and of no consequence: everything that must survive stands in
/// Kafka and Redis before the next step is taken.
///
/// **Promises.** An order is in flight at one owner only, by compare-and-set in Redis. Its outcome is
/// acknowledged by Kafka before its state changes, and its offset is committed after that. Nothing leaves
/// without a permit of its game's limit and of the total, first attempts, repeats and queries alike. An
/// unknown end is asked about, or sent again under the same ID where the game is idempotent, or parked for a
/// person.
///
/// **When things fail.** A game that hangs or errs keeps its own slots, queue and partitions busy, nobody
/// else's. Without Redis, or with one that was replaced and not yet rebuilt, nothing new is put in flight
/// and no state is changed; what is in flight ends, and its outcome goes to Kafka. Without Kafka outcomes
/// wait in memory and what is not recorded is not committed. Killed, it leaves attempts whose deadline
/// passes in Redis; the next owner finds them unknown.
@main
struct DelivererMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliverer",
        abstract: "Delivers accepted orders to the games, each at its own pace.",
        discussion: "Every setting can be overridden by HONGBAO_<SECTION>_<KEY> in the environment.",
        subcommands: [
            Serve.self, StatusCommand.self, WhyCommand.self, LimitsCommand.self, PauseCommand.self,
            ResumeCommand.self, DeadCommand.self, RedriveCommand.self, ParkedCommand.self, CheckCommand.self,
            ProbeCommand.self,
        ])
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Runs until SIGTERM; what is in flight is then finished or handed back within the deadline.",
        discussion: """
            Settings: campaign, redis.url, kafka.bootstrap or kafka.bootstrap_file, games.secrets_dir, \
            admin.host, admin.port, admin.keys_file, ports_file, log.level, shutdown.deadline.
            """)

    @Option(help: "The settings file (YAML).")
    var config: String

    func run() async throws {
        await DelivererService.run(configPath: config)
    }
}
