import Logging
import NIOCore
import NIOPosix
import Synchronization
import Telemetry

/// What a process' parts are built from: settings, logger, metrics, loops, and the ways to report.
package final class ServiceContext: Sendable {
    package let name: String
    package let settings: Settings
    package let logger: Logger
    /// swift-metrics' front end is set up with it too; needed only for `describe` and `observe`.
    package let registry: PrometheusRegistry
    package let readiness = Readiness()
    /// Where a service adds its admin actions, and says who may use them.
    package let routes = AdminRoutes()
    /// The process' event loops; how many is the setting `loops`, by default one a core.
    package let group: MultiThreadedEventLoopGroup
    package let ports: PortsFile
    /// What a part may take to stop: most of `shutdown.deadline`.
    package let drainDeadline: Duration
    /// After it the process is ended by force.
    let shutdownDeadline: Duration

    private struct Stop {
        var code: Int32?
        var trigger: (@Sendable () -> Void)?
    }

    private let stop = Mutex(Stop())
    private let added = Mutex<[ServicePart]>([])

    init(name: String, settings: Settings, logger: Logger, registry: PrometheusRegistry) throws(SettingsFault)
    {
        self.name = name
        self.settings = settings
        self.logger = logger
        self.registry = registry
        shutdownDeadline = try settings.duration(
            "shutdown.deadline", in: .milliseconds(100)...(.seconds(3600)), default: .seconds(20))
        drainDeadline = shutdownDeadline * 8 / 10
        ports = PortsFile(path: try settings.optionalPath("ports_file"))
        group = MultiThreadedEventLoopGroup(
            numberOfThreads: try settings.int("loops", in: 1...256, default: System.coreCount))
    }

    /// A part beside those that the service defines: it starts before them and stops after them. For what is
    /// made while settings are read, such as the watch of a file that one of them names.
    package func add(_ part: ServicePart) {
        added.withLock { $0.append(part) }
    }

    /// In the order in which they were added.
    var addedParts: [ServicePart] { added.withLock { $0 } }

    /// Ends the process in good order with that exit code; the first call's code counts. Any thread.
    package func stop(code: Int32, reason: String) {
        let trigger = stop.withLock { stop in
            if stop.code == nil { stop.code = code }
            return stop.trigger
        }
        logger.notice("stopping", metadata: ["reason": "\(reason)", "code": "\(code)"])
        trigger?()
    }

    /// Ends the process with exit code 75 (`EX_TEMPFAIL`) when the file's content changes, so that its
    /// supervisor starts it again with the new content.
    package func restartWhenChanged(_ path: String) -> ServicePart {
        let watch = FileWatch(path: path, loop: group.any()) { [self] _ in
            stop(code: 75, reason: "\(path) has changed")
        }
        return ServicePart("watch of \(path)", start: { watch.start() }, stop: { watch.stop() })
    }

    /// The exit code that a part asked for.
    var requestedCode: Int32? { stop.withLock { $0.code } }

    /// Connects `stop` to the running group; a stop asked for before is done now.
    func connect(_ trigger: @escaping @Sendable () -> Void) {
        let isDue = stop.withLock { stop in
            stop.trigger = trigger
            return stop.code != nil
        }
        if isDue { trigger() }
    }
}
