import Glibc
import HTTPServer
import Logging
import Metrics
import NIOCore
import ServiceLifecycle
import Telemetry
import UnixSignals

/// The life of one process, from its settings file to its exit code.
///
/// | exit code | when |
/// | --- | --- |
/// | 0 | SIGTERM or SIGINT, and everything stopped in time |
/// | 1 | a part failed or ended by itself, or the shutdown took too long |
/// | 75 | a file that the process depends on has changed; start it again |
/// | 78 | a setting will not do; standard error says which, why, and what would |
package enum ServiceProcess {
    /// Never returns. Every process has the settings `log.level`, `loops`, `ports_file`, `shutdown.deadline`,
    /// `admin.host` and `admin.port`.
    ///
    /// - Parameter defineParts: reads the settings it needs and returns the parts in starting order; it
    ///   starts nothing itself.
    package static func run(
        name: String, configPath: String,
        defineParts: (ServiceContext) async throws -> [ServicePart]
    ) async -> Never {
        // A peer that is gone is an error of the write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            let settings = try Settings.load(path: configPath)
            let context = try bootstrap(name: name, settings: settings)
            let admin = try adminPart(context)
            let parts = try await defineParts(context)
            try settings.finish()
            try await supervise([admin] + context.addedParts + parts, context)
            let code = context.requestedCode ?? 0
            context.logger.notice("stopped", metadata: ["code": "\(code)"])
            exit(code)
        } catch let fault as SettingsFault {
            LogfmtHandler.writeToStandardError(Array("\(name): \(fault)\n".utf8))
            exit(78)
        } catch {
            LogfmtHandler.writeToStandardError(Array("\(name): ended by an error: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func bootstrap(name: String, settings: Settings) throws(SettingsFault) -> ServiceContext {
        let level: Logger.Level = try settings.choice("log.level", default: .info)
        let registry = PrometheusRegistry()
        registry.observeProcess()
        LoggingSystem.bootstrap { LogfmtHandler(label: $0, level: level) }
        MetricsSystem.bootstrap(registry)
        return try ServiceContext(
            name: name, settings: settings, logger: Logger(label: name), registry: registry)
    }

    private static func adminPart(_ context: ServiceContext) throws(SettingsFault) -> ServicePart {
        var options = HTTPServerOptions(name: "admin", port: 0)
        options.host = try context.settings.string("admin.host", default: options.host)
        options.port = try context.settings.int("admin.port", in: 0...65_535, default: 0)
        options.maxBodyBytes = 8 << 20
        options.answerTimeout = .seconds(120)
        try context.guardPort("admin", &options)
        let server = AdminServer(
            options: options, routes: context.routes, readiness: context.readiness,
            registry: context.registry,
            logger: context.logger)
        context.ports.expect("admin")
        return ServicePart(
            "admin", start: { try context.ports.report("admin", try await server.start()) },
            stop: { await server.stop(deadline: .seconds(1)) })
    }

    /// Runs the parts until a signal, a stop or a failure; then stops them in reverse order.
    private static func supervise(_ parts: [ServicePart], _ context: ServiceContext) async throws {
        // Last in the list, so that it hears of the shutdown first.
        let herald = ServicePart("shutdown") {
            await ServicePart.untilShutdown()
            context.readiness.drain()
            context.logger.notice("draining")
            ForcedExit.arm(
                after: context.shutdownDeadline, code: 1,
                lastWords: "\(context.name): shutdown took longer than its deadline; ended by force")
        }
        // The group itself is quiet: what it has to say, `SupervisedPart` says with more context.
        var quiet = context.logger
        quiet.logLevel = .critical
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (parts + [herald]).map { part in
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: SupervisedPart(
                            part: part, readiness: context.readiness, logger: context.logger),
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        context.connect { Task { await group.triggerGracefulShutdown() } }
        try await group.run()
    }
}
