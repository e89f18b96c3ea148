import CampaignFiles
import Catalog
import Kafka
import Logging
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// Where Kafka is: a fixed address, or a file that a local broker rewrites when it comes back; read anew for
/// each use, so that a reconciler outlives the broker.
struct KafkaPlace: Sendable {
    enum Place: Sendable {
        case fixed(String)
        case file(String)
    }

    let place: Place
    let messageTimeoutMs: Int

    init(_ settings: Settings) throws(SettingsFault) {
        messageTimeoutMs = try settings.int("kafka.message_timeout_ms", in: 500...60_000, default: 10_000)
        let fixed = try settings.optionalString("kafka.bootstrap")
        switch (fixed, try settings.optionalPath("kafka.bootstrap_file")) {
        case (let fixed?, _): place = .fixed(fixed)
        case (nil, let file?): place = .file(file)
        case (nil, nil):
            throw SettingsFault(
                key: "kafka.bootstrap", value: nil,
                allowed: "host:port[,host:port…], or kafka.bootstrap_file a path",
                origin: "settings")
        }
    }

    func options() throws(SettingsFault) -> KafkaClientOptions {
        let address: String
        switch place {
        case .fixed(let text): address = text
        case .file(let path):
            do throws(FileFault) {
                address = try FileBytes.lines(path).first ?? ""
            } catch {
                throw SettingsFault(
                    key: "kafka.bootstrap_file", value: path, allowed: error.reason, origin: "settings")
            }
        }
        var options = KafkaClientOptions(bootstrap: address, clientID: "hongbao-reconciler")
        options.messageTimeoutMs = messageTimeoutMs
        return options
    }
}

/// The settings of every command that looks at Redis and Kafka.
struct ReconcilerSettings: Sendable {
    let catalog: Catalog
    let redis: RedisTarget
    let kafka: KafkaPlace
    /// Orders claimed within so long before a cut are too young to be missing; nil: not set.
    let tooYoung: Duration?
    /// How long an order may be on its way between two places where it can be seen: the longest attempt with
    /// its grace, and the time that Kafka is given for a record.
    let longestFlight: Duration
    let resend: ResendSettings
    let runs: RunSettings
    let rebuild: RebuildSettings
    /// Where facts of more orders than memory is meant for are put while they are read.
    let workPath: String

    /// - Throws: ``SettingsFault`` that names the key and what it may be.
    init(_ settings: Settings) throws {
        catalog = try Wiring.catalog(settings)
        redis = try Wiring.redisTarget(settings)
        kafka = try KafkaPlace(settings)
        rebuild = try RebuildSettings(settings, catalog, messageTimeoutMs: kafka.messageTimeoutMs)
        resend = try ResendSettings(settings)
        workPath = try settings.path("reconciler.work_dir", default: "work")
        // As in the settings of the Deliverer.
        let graceMs = try settings.int("deliverer.grace_ms", in: 0...60_000, default: 1_000)
        let attemptMs = (catalog.games.map(\.requestTimeoutMs).max() ?? 0) + graceMs
        longestFlight = .milliseconds(attemptMs + kafka.messageTimeoutMs)
        let range = Duration.zero...(.seconds(7 * 86_400))
        tooYoung =
            try settings.optionalString("reconciler.too_young") == nil
            ? nil : try settings.duration("reconciler.too_young", in: range)
        runs = try RunSettings(settings, catalog, tooYoung: tooYoung ?? longestFlight)
    }

    /// For a command: the file of the service serves it too, whose further keys are let through.
    static func load(_ path: String) throws -> ReconcilerSettings {
        let settings = try Settings.load(path: path)
        let level: Logger.Level = try settings.choice("log.level", default: .error)
        LoggingSystem.bootstrap { LogfmtHandler(label: $0, level: level) }
        let result = try ReconcilerSettings(settings)
        for key in [
            "loops", "ports_file", "shutdown.deadline", "admin.host", "admin.port", "admin.keys_file",
        ] {
            _ = try settings.optionalString(key)
        }
        try settings.finish()
        return result
    }
}
