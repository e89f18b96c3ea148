import HTTPServer
import Logging
import NIOCore
import NIOPosix

/// A role service that knows everybody: registered long ago, one role in region r0. But of people from
/// `firstUnknown` on it can say nothing at the moment.
final class RoleDouble: HTTPService {
    static let firstUnknown: UInt64 = 900_000

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let user = request.query("user").flatMap(UInt64.init) else {
            return responder.respond(.problem(status: 400))
        }
        guard user < Self.firstUnknown else { return responder.respond(.problem(status: 500)) }
        let text =
            #"{"registered_at":1500000000,"roles":[{"region":"r0","role":"\#(ClaimCrowd.role(user))"}]}"#
        responder.respond(.json(Array(text.utf8)))
    }

    static func start(on group: MultiThreadedEventLoopGroup) async throws -> (HTTPServer, port: Int) {
        let server = HTTPServer(
            options: HTTPServerOptions(name: "roles", port: 0), logger: Logger(label: "roles")
        ) { _, _ in RoleDouble() }
        return (server, try await server.start(on: group))
    }
}
