import Catalog
import HTTPServer
import Logging
import NIOCore
import NIOPosix
import Profiles
import Stack
import Synchronization
import Wire

/// The games' role services (IDIP), in this process: healthy, hung or erring, as it is told.
final class RoleDouble: Sendable {
    enum Mode: Int, CaseIterable, Sendable {
        /// Each question is answered after `answerMs`.
        case healthy
        /// Questions are read and never answered.
        case hung
        /// Each question is answered with 500 at once.
        case erring
    }

    static let answerMs: Int64 = 20

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Atomic<Int>(Mode.healthy.rawValue)
    private let asked = Atomic<Int>(0)
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    /// Listens, and returns its port. `people` are those that it knows.
    func start(_ people: @escaping @Sendable () -> BenchPeople?) async throws -> Int {
        var options = HTTPServerOptions(name: "roles", port: 0)
        // Longer than any run: a hung service does not even say that it is.
        options.answerTimeout = .seconds(600)
        options.idleTimeout = .seconds(600)
        var logger = Logger(label: "roles")
        logger.logLevel = .error
        let server = HTTPServer(options: options, logger: logger) { [self] _, _ in
            RoleDesk(double: self, people: people)
        }
        self.server.withLock { $0 = server }
        return try await server.start(on: group)
    }

    func stop() async {
        let server = server.withLock { $0 }
        await server?.drain(deadline: .zero)
        try? await group.shutdownGracefully()
    }

    var mode: Mode {
        get { Mode(rawValue: state.load(ordering: .relaxed))! }
        set { state.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Questions so far.
    var questions: Int { asked.load(ordering: .relaxed) }

    func count() { asked.add(1, ordering: .relaxed) }
}

/// Answers on the double's one loop.
private final class RoleDesk: HTTPService {
    private let double: RoleDouble
    private let people: @Sendable () -> BenchPeople?

    init(double: RoleDouble, people: @escaping @Sendable () -> BenchPeople?) {
        self.double = double
        self.people = people
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        double.count()
        switch double.mode {
        case .hung: break
        case .erring: responder.respond(HTTPResponse(status: 500))
        case .healthy:
            guard let answer = answer(request) else { return responder.respond(.notFound) }
            responder.loop.scheduleTask(in: .milliseconds(RoleDouble.answerMs)) {
                responder.respond(.json(answer))
            }
        }
    }

    /// `/roles/<game>?user=<decimal>`
    private func answer(_ request: HTTPRequest) -> [UInt8]? {
        guard let people = people(), let name = request.pathSegment(after: "/roles/"),
            let game = people.catalog.game(id: String(name)), let text = request.query("user"),
            let user = UInt64(text), let index = people.index(user)
        else { return nil }
        return RoleAnswer.json(people.profile(index).game(game.slot), game: game)
    }
}
