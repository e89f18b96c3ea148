import Credentials
import Foundation
import HTTPServer
import Logging
import NIOCore
import NIOPosix
import Redis
import Stack
import Synchronization
import Wire

/// A real redis-server and `recommend serve`, with a role service that the test can hang; gone when the test
/// ends.
final class ListHouse: Sendable {
    static let operatorKey = "an operator's key of some length"
    private static let ticketSecret = [UInt8](repeating: 11, count: 32)

    let run: RunDirectory
    let campaign: ClaimCampaign
    let redis: RedisServer
    let roles: RoleGate
    private let process: ChildProcess
    private let httpPort: Int
    private let adminPort: Int

    private init(run: RunDirectory, roles: RoleGate, rolesPort: Int, settings: String) throws {
        self.run = run
        self.roles = roles
        campaign = try ClaimCampaign(in: run)
        redis = try RedisServer(in: run)
        let web = try run.directory("web")
        try Data("<!doctype html>hello".utf8).write(to: URL(fileURLWithPath: "\(web)/index.html"))
        let secret = String(decoding: Hex.encode(bytes: Self.ticketSecret), as: UTF8.self)
        let files = [
            "recommend.yaml": """
            campaign: \(campaign.directory)
            ports_file: \(run.path)/recommend.ports.json
            http: {host: 127.0.0.1, port: 0, request_timeout: 1s, idle_timeout: 2s}
            admin: {host: 127.0.0.1, port: 0, keys_file: \(run.path)/operators}
            loops: 1
            redis: {url: "\(redis.url)"}
            tickets: {audience: hongbao, keys_file: \(run.path)/tickets.json}
            static: {root: \(web)}
            \(settings)

            """,
            "tickets.json": #"[{"id":"t","algorithm":"HS256","secret":"hex:\#(secret)"}]"#,
            "operators": APIKeyring.line(name: "tester", key: Self.operatorKey.utf8) + "\n",
        ]
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(run.path)/\(name)"))
        }
        process = try ChildProcess(
            name: "recommend", executable: try ServiceProgram.locate("recommend"),
            arguments: ["serve", "--config", "\(run.path)/recommend.yaml"],
            environment: ["HONGBAO_ROLES_PORT": "\(rolesPort)"], in: run)
        let ready = Readiness(of: process, within: .seconds(60))
        let file = try ready.file("\(run.path)/recommend.ports.json")
        guard case .object(let ports) = try JSON.parse(file, limits: .request),
            case .integer(let http) = ports["http"], case .integer(let admin) = ports["admin"]
        else { throw StackFailure("the ports file holds no ports") }
        httpPort = Int(http)
        adminPort = Int(admin)
        try ready.http(port: adminPort, "/readyz")
    }

    /// - Parameter settings: further lines of the settings file.
    static func with(settings: String = "", _ body: (ListHouse) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(settings: settings, body)
        }
    }

    private static func inPlace(settings: String, _ body: (ListHouse) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "list-house")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let gate = RoleGate()
        let (server, port) = try await gate.start(on: group)
        let result: Result<Void, any Error>
        do {
            let house = try ListHouse(run: run, roles: gate, rolesPort: port, settings: settings)
            do {
                try await body(house)
                result = .success(())
            } catch {
                print(house.process.logTail(lines: 40))
                result = .failure(error)
            }
            house.process.kill()
            house.redis.stop()
        } catch {
            result = .failure(error)
        }
        await server.drain(deadline: .seconds(1))
        try await group.shutdownGracefully()
        run.release()
        try result.get()
    }

    // MARK: - What people and operators see

    static func ticket(_ user: UInt64) throws -> String {
        let signer = try TicketSigner(key: TicketKey(id: "t", algorithm: .hs256, material: ticketSecret))
        let nowS = Int64(Date().timeIntervalSince1970)
        return signer.sign(user: user, audience: "hongbao", issuedAtS: nowS, expiresAtS: nowS + 3600)
    }

    func get(_ path: String, user: UInt64? = nil) throws -> LoopbackHTTP.Response {
        let headers = try user.map { ["authorization": "Bearer \(try Self.ticket($0))"] } ?? [:]
        return try LoopbackHTTP.get(port: httpPort, path, headers: headers)
    }

    func list(_ user: UInt64) throws -> JSONObject {
        let response = try get("/v1/gifts", user: user)
        guard response.status == 200,
            case .object(let list) = try JSON.parse(response.body, limits: .document)
        else { throw StackFailure("no list: \(response.status) \(response.text)") }
        return list
    }

    func gift(_ id: String, of user: UInt64) throws -> JSONObject? {
        guard case .array(let gifts) = try list(user)["gifts"] else { return nil }
        for case .object(let gift) in gifts where gift["id"] == .string(id) { return gift }
        return nil
    }

    func admin(_ path: String) throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.get(port: adminPort, path, headers: ["x-api-key": Self.operatorKey])
    }

    var port: Int { httpPort }

    /// What Redis holds.
    func stored(_ key: String) async throws -> [UInt8]? {
        try await redisCommand { command in
            command = RedisCommand("GET")
            command.add(key)
        }.bytes
    }

    func store(_ key: String, _ value: [UInt8]) async throws {
        _ = try await redisCommand { command in
            command = RedisCommand("SET")
            command.add(key)
            command.add(value)
        }
    }

    private func redisCommand(_ make: (inout RedisCommand) -> Void) async throws -> RedisReply {
        let connection = RedisRouter(
            try RedisTarget(url: redis.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: RedisOptions())
        try await connection.ready(within: .seconds(10))
        var command = RedisCommand("PING")
        make(&command)
        let result: Result<RedisReply, any Error>
        do { result = .success(try await connection.send(command)) } catch { result = .failure(error) }
        await connection.shutDown()
        return try result.get()
    }

    /// Rewrites a file of the campaign by rename, as an operator should.
    func edit(_ file: String, _ change: (String) -> String) throws {
        let path = "\(campaign.directory)/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try Data(change(text).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// A role service whose answers the test lets through, holds back or turns into errors. Everybody registered
/// long ago, with one role in region r0.
final class RoleGate: HTTPService, Sendable {
    enum Mode: Sendable { case answers, hangs, errs }

    private struct State {
        var mode = Mode.answers
        var held: [HTTPResponder] = []
        var asked = 0
    }

    private let state = Mutex(State())

    var asked: Int { state.withLock { $0.asked } }

    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }

    /// Answers what was held back.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for responder in held { responder.respond(Self.answer) }
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        let mode = state.withLock { state in
            state.asked += 1
            if state.mode == .hangs { state.held.append(responder) }
            return state.mode
        }
        switch mode {
        case .answers: responder.respond(Self.answer)
        case .hangs: break
        case .errs: responder.respond(.problem(status: 500))
        }
    }

    private static var answer: HTTPResponse {
        .json(Array(#"{"registered_at":1500000000,"roles":[{"region":"r0","role":"7"}]}"#.utf8))
    }

    func start(on group: MultiThreadedEventLoopGroup) async throws -> (HTTPServer, port: Int) {
        let server = HTTPServer(
            options: HTTPServerOptions(name: "roles", port: 0), logger: Logger(label: "roles")
        ) { _, _ in self }
        return (server, try await server.start(on: group))
    }
}
