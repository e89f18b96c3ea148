import ServiceLifecycle

/// One part of a process that runs from start to shutdown: a server, a consumer, a sweep.
///
/// Parts start in the order of their list, each without waiting for the others, and stop in the reverse
/// order, each when the one before it has stopped. A part that ends by itself, or throws, ends the process
/// with a log line and exit code 1; the other parts still stop in order.
package struct ServicePart: Sendable {
    package let name: String
    let run: @Sendable () async throws -> Void

    /// A part that is its own task. It returns after `untilShutdown` has.
    package init(_ name: String, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.run = run
    }

    /// A part that is started, runs elsewhere (on its loops and threads), and is stopped.
    package init(
        _ name: String, start: @escaping @Sendable () async throws -> Void,
        stop: @escaping @Sendable () async -> Void
    ) {
        self.init(name) {
            try await start()
            await Self.untilShutdown()
            await stop()
        }
    }

    /// Returns when it is this part's turn to stop.
    package static func untilShutdown() async {
        // Thrown only when the task is cancelled, which means the same here.
        try? await gracefulShutdown()
    }
}

/// A part ended although nobody asked it to.
struct PartEnded: Error, CustomStringConvertible {
    var name: String
    var description: String { "\(name) ended by itself" }
}
