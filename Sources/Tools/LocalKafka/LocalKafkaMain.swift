import ArgumentParser

/// A Kafka broker for demos, tests and small campaigns on one machine: librdkafka's in-memory cluster in a
/// process of its own. Restarted or wiped it has a new port and nothing in it; clients follow its bootstrap
/// file, and Hongbao's queue comes back from Redis.
@main
struct LocalKafka: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local-kafka",
        abstract: "Host an in-memory Kafka broker on this machine.",
        subcommands: [ServeCommand.self], defaultSubcommand: ServeCommand.self)
}
