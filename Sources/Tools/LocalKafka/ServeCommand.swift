import ArgumentParser
import Foundation
import ServiceShell

/// `local-kafka serve`: the broker until SIGTERM.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve until SIGTERM.",
        discussion: """
            Once up, the state directory holds `bootstrap` (host:port; replaced at every wipe) and \
            `ports.json` ({"admin":N,"broker":N}).

            Topics exist from the start: those of a campaign's files, or those named. A topic that a \
            client asks for by another name is made with 4 partitions.

            Admin port (on 127.0.0.1, no key): GET /livez, POST /v1/admin/broker/down and \
            /v1/admin/broker/up (the records stay), POST /v1/admin/wipe (a new port, and nothing in it), \
            GET /v1/admin/broker.

            Settings (YAML, or HONGBAO_<SECTION>_<KEY>): admin.host, admin.port, log.level.

            Exit codes: 0 after SIGTERM, 64 where an argument will not do, 78 where a setting or the \
            campaign's files will not do.
            """)

    @Option(help: "The settings file (YAML); none is needed.")
    var config: String?

    @Option(help: "The directory for `bootstrap` and `ports.json`; made if it is missing.")
    var state: String

    @Option(help: "A directory of StaticData's campaigns; its topics are made.")
    var campaign: String?

    @Option(help: "A topic to make, as NAME:PARTITIONS; may be repeated.")
    var topic: [NamedTopic] = []

    @Option(help: "The admin port; 0 or none: a free one.")
    var adminPort: Int?

    func validate() throws {
        guard (campaign == nil) != topic.isEmpty else {
            throw ValidationError("Give either --campaign or at least one --topic.")
        }
        guard Set(topic.map(\.name)).count == topic.count else {
            throw ValidationError("A topic is named twice.")
        }
        guard (0...65_535).contains(adminPort ?? 0) else {
            throw ValidationError("--admin-port is a number from 0 to 65535.")
        }
    }

    func run() async throws {
        let directory = try makeStateDirectory()
        let topics = topic.map(\.spec)
        let campaign = campaign
        let settings = try settingsPath(in: directory)
        await ServiceProcess.run(name: "local-kafka", configPath: settings) { context in
            context.routes.access = .unrestricted
            let wanted = try campaign.map { try CampaignTopics.of(directory: $0) } ?? topics
            let bootstrapFile = BootstrapFile(path: "\(directory)/bootstrap")
            bootstrapFile.remove()
            let broker = LocalBroker(
                topics: wanted, bootstrapFile: bootstrapFile, ports: context.ports, logger: context.logger)
            BrokerRoutes.add(to: context.routes, broker)
            let check = context.readiness.check("broker")
            context.ports.expect("broker")
            return [
                ServicePart(
                    "broker",
                    start: {
                        try await broker.start()
                        check.set(true, "listening")
                    }, stop: { await broker.stop() })
            ]
        }
    }

    /// The absolute path: relative ones in settings are taken from the settings file.
    private func makeStateDirectory() throws -> String {
        let url = URL(fileURLWithPath: state, isDirectory: true).standardizedFileURL
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url.path
    }

    /// The settings file, an empty one if none was given. What the arguments say goes in through the
    /// environment, which every setting listens to before its file; no thread runs yet that could read it.
    private func settingsPath(in directory: String) throws -> String {
        setenv(Settings.variable(for: "ports_file"), "\(directory)/ports.json", 1)
        if let adminPort { setenv(Settings.variable(for: "admin.port"), String(adminPort), 1) }
        if let config { return config }
        let path = "\(directory)/settings.yaml"
        try Data("# local-kafka was started without --config.\n".utf8)
            .write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }
}
