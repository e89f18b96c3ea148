import NIOPosix
import ProfileRoad
import ServiceShell

extension Wiring {
    /// The client of the role services as a part: it runs from its making on, and has to be stopped.
    package static func part(_ roles: RoleClient) -> ServicePart {
        ServicePart(
            "roles", start: {},
            stop: {
                // It joins a thread, so not on one of the few that run async code.
                try? await NIOThreadPool.singleton.runIfActive { roles.close(deadlineMs: 0) }
            })
    }
}
