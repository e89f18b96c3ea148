import HTTPServer
import Logging
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Testing

/// A role service: users below 1000 play as 10 × themselves, 1000 are absent, 2000 an error, 3000 never
/// answer.
private final class FakeRoles: HTTPService {
    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let user = request.query("user").flatMap(UInt64.init) else {
            return responder.respond(.notFound)
        }
        switch user {
        case ..<1000: responder.respond(.json(Array(RoleBody.role(user * 10).utf8)))
        case 1000: responder.respond(.json(Array(RoleBody.absent.utf8)))
        case 2000: responder.respond(.problem(status: 500))
        default: break
        }
    }
}

@Suite("Role services over HTTP")
struct RoleServiceTests {
    /// Runs the body with two roads on two loops that share a client.
    private func with(
        _ change: (inout ProfileRoadOptions) -> Void = { _ in },
        _ body: ([NIOLoopBound<ProfileRoad>], [any EventLoop]) async throws -> Void
    ) async throws {
        let serverGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var serverOptions = HTTPServerOptions(name: "roles", port: 0)
        serverOptions.host = "127.0.0.1"
        let server = HTTPServer(options: serverOptions, logger: Logger(label: "roles")) { _, _ in FakeRoles()
        }
        let port = try await server.start(on: serverGroup)
        try await RoadFixture.with(endpoint: "http://127.0.0.1:\(port)/{game}?user={user}", loops: 2) {
            fixture in
            var options = ProfileRoadOptions()
            options.deadlineMs = 60_000
            options.redisTimeoutMs = 10_000
            options.roleTimeoutMs = 30_000
            options.maxCalls = 64
            change(&options)
            let client = RoleClient(options: options)
            var roads: [NIOLoopBound<ProfileRoad>] = []
            let loops: [any EventLoop] = Array(fixture.group.makeIterator())
            for loop in loops {
                let redis = try await fixture.redis(on: loop)
                let (catalog, options) = (fixture.catalog, options)
                roads.append(
                    try await loop.submit {
                        NIOLoopBound(
                            ProfileRoad(
                                catalog: catalog, loop: loop, redis: redis, roles: client, options: options,
                                wallMs: { 1_771_000_000_000 }, random: { 0 }), eventLoop: loop)
                    }.get())
            }
            let result: Result<Void, any Error>
            do { result = .success(try await body(roads, loops)) } catch { result = .failure(error) }
            client.close(deadlineMs: 2_000)
            try result.get()
        }
        await server.drain(deadline: .seconds(1))
        try await serverGroup.shutdownGracefully()
    }

    private func ask(
        _ road: NIOLoopBound<ProfileRoad>, _ loop: any EventLoop, _ user: UInt64
    ) async throws -> ProfileAnswer {
        try await loop.flatSubmit {
            let promise = loop.makePromise(of: ProfileAnswer.self)
            road.value.profile(user: user, games: 0b111) { promise.succeed($0) }
            return promise.futureResult
        }.get()
    }

    @Test("each road gets the answers to its own questions")
    func routes() async throws {
        try await with { roads, loops in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for user in UInt64(1)...200 {
                    group.addTask {
                        let index = Int(user % 2)
                        let answer = try await ask(roads[index], loops[index], user)
                        #expect(!answer.degraded)
                        #expect(
                            answer.profile.games.map { $0.roles[0].id } == [user * 10, user * 10, user * 10])
                    }
                }
                try await group.waitForAll()
            }
            let absent = try await ask(roads[0], loops[0], 1000)
            #expect(!absent.degraded && absent.profile.absences == 0b111)
        }
    }

    @Test("errors and silence leave the games unknown")
    func trouble() async throws {
        try await with({ $0.roleTimeoutMs = 100 }) { roads, loops in
            for user: UInt64 in [2000, 3000] {
                let answer = try await ask(roads[0], loops[0], user)
                #expect(answer.degraded && answer.missing == 0b111 && answer.profile.known == 0)
            }
        }
    }
}
