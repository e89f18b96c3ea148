import HTTPServer
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A game that grants whatever it is sent, and counts how often it was sent each order; and a role service
/// that knows everybody.
final class GameDouble: HTTPService {
    /// Shared by all loops of the server.
    final class Book: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func took(_ order: String) { counts.withLock { $0[order, default: 0] += 1 } }

        /// Deliveries by order.
        var deliveries: [String: Int] { counts.withLock { $0 } }
    }

    private let book: Book

    init(_ book: Book) {
        self.book = book
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if let user = request.query("user").flatMap(UInt64.init) {
            let role = ClaimCrowd.role(user)
            let text = #"{"registered_at":1500000000,"roles":[{"region":"r0","role":"\#(role)"}]}"#
            return responder.respond(.json(Array(text.utf8)))
        }
        guard let order = request.header("webhook-id") else {
            return responder.respond(.problem(status: 400))
        }
        book.took(order)
        responder.respond(.json(Array("{}".utf8)))
    }

    static func start(
        _ book: Book, on group: MultiThreadedEventLoopGroup
    ) async throws -> (server: HTTPServer, port: Int) {
        let server = HTTPServer(
            options: HTTPServerOptions(name: "game", port: 0), logger: Logger(label: "game")
        ) { _, _ in GameDouble(book) }
        return (server, try await server.start(on: group))
    }
}
