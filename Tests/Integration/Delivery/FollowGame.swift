import HTTPServer
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A game that keeps every request as it came, and answers as it is told to.
final class FollowGame: HTTPService {
    struct Request: Sendable {
        var method: HTTPRequest.Method
        /// Path and query, as sent.
        var target: String
        var query: [(String, String)]
        var headers: [String: String]
        var body: [UInt8]

        var path: String { String(target.prefix { $0 != "?" }) }
        func parameter(_ name: String) -> String? { query.first { $0.0 == name }?.1 }
    }

    /// Shared by all loops of the server.
    final class Book: Sendable {
        private struct Pages {
            var requests: [Request] = []
            var answer = "{}"
            var isHolding = false
            var held: [HTTPResponder] = []
        }

        private let pages = Mutex(Pages())

        var requests: [Request] { pages.withLock { $0.requests } }
        var held: Int { pages.withLock { $0.held.count } }

        func answer(_ json: String) { pages.withLock { $0.answer = json } }

        /// From now on nobody is answered, until ``release(_:)``.
        func hold() { pages.withLock { $0.isHolding = true } }

        /// Answers who waits.
        func release(_ json: String) {
            let held = pages.withLock { pages in
                defer { (pages.isHolding, pages.held) = (false, []) }
                return pages.held
            }
            for responder in held { responder.respond(.json(Array(json.utf8))) }
        }

        fileprivate func take(_ request: Request, _ responder: HTTPResponder) {
            let answer: String? = pages.withLock { pages in
                pages.requests.append(request)
                if pages.isHolding { pages.held.append(responder) }
                return pages.isHolding ? nil : pages.answer
            }
            if let answer { responder.respond(.json(Array(answer.utf8))) }
        }
    }

    private static let kept = [
        "content-type", "x-shop", "webhook-id", "webhook-timestamp", "webhook-signature",
    ]

    private let book: Book

    init(_ book: Book) {
        self.book = book
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        var headers: [String: String] = [:]
        for name in Self.kept { headers[name] = request.header(name) }
        book.take(
            Request(
                method: request.method, target: request.target, query: request.query, headers: headers,
                body: Array(request.body.readableBytesView)), responder)
    }

    static func start(
        _ book: Book, on group: MultiThreadedEventLoopGroup
    ) async throws -> (server: HTTPServer, port: Int) {
        let server = HTTPServer(
            options: HTTPServerOptions(name: "game", port: 0), logger: Logger(label: "game")
        ) { _, _ in FollowGame(book) }
        return (server, try await server.start(on: group))
    }
}
