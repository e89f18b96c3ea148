import HTTPServer
import Logging
import NIOCore
import NIOPosix

/// The role services of the torture's games: everybody registered long ago, with one role in the first
/// region.
final class TortureRoles: HTTPService {
    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let user = request.query("user").flatMap({ UInt64($0) }) else {
            return responder.respond(.problem(status: 400))
        }
        let role = #"{"region":"\#(TortureCampaign.region)","role":"\#(TorturePlan.role(user))"}"#
        responder.respond(.json(Array(#"{"registered_at":1500000000,"roles":[\#(role)]}"#.utf8)))
    }

    /// Listens on a port of its own.
    static func start(on group: MultiThreadedEventLoopGroup) async throws -> (server: HTTPServer, port: Int) {
        var logger = Logger(label: "roles")
        logger.logLevel = .error
        let server = HTTPServer(options: HTTPServerOptions(name: "roles", port: 0), logger: logger) { _, _ in
            TortureRoles()
        }
        return (server, try await server.start(on: group))
    }
}
