import Logging
import ServiceLifecycle

/// A part as the service group runs it: its failure is logged where it happens, with its name.
struct SupervisedPart: Service, CustomStringConvertible {
    let part: ServicePart
    let readiness: Readiness
    let logger: Logger

    var description: String { part.name }

    func run() async throws {
        do {
            try await part.run()
        } catch {
            guard !(error is CancellationError && readiness.isDraining) else { return }
            logger.critical("part failed", metadata: ["part": "\(part.name)", "error": "\(error)"])
            throw error
        }
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        if readiness.isDraining {
            // It noticed the end before its turn; the group takes an early return for a failure.
            await ServicePart.untilShutdown()
            return
        }
        logger.critical("part ended by itself", metadata: ["part": "\(part.name)"])
        throw PartEnded(name: part.name)
    }
}
