import HTTPServer
import Logging
import NIOCore
import NIOPosix
import Telemetry

/// The admin port, on a thread of its own so that showing metrics never delays the work they measure.
package final class AdminServer: Sendable {
    private let server: HTTPServer
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    package init(
        options: HTTPServerOptions, routes: AdminRoutes, readiness: Readiness, registry: PrometheusRegistry,
        logger: Logger
    ) {
        server = HTTPServer(options: options, logger: logger) { _, _ in
            AdminService(routes: routes, readiness: readiness, registry: registry, logger: logger)
        }
    }

    /// - Returns: the port.
    package func start() async throws -> Int {
        try await server.start(on: group)
    }

    package func stop(deadline: Duration) async {
        await server.drain(deadline: deadline)
        try? await group.shutdownGracefully()
    }
}
