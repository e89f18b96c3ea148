import Bench
import Credentials
import Foundation
import Stack
import Wire

/// `recommend serve` with one loop, bound to the server's core.
final class RecommendServer {
    struct Settings {
        var campaign: BenchCampaign
        var redisURL: String
        var cacheBytes = 256 << 20
        /// How long the list waits for a role service.
        var deadlineMs = 300
    }

    private static let adminKey = "hb_bench"

    let process: ChildProcess
    let port: Int
    private let adminPort: Int

    init(_ stage: Stage, _ settings: Settings) throws {
        let name = stage.childName("recommend")
        let file = "\(stage.run.path)/\(name).yaml"
        let ports = "\(stage.run.path)/\(name).ports.json"
        let operators = "\(stage.run.path)/operators.keys"
        try APIKeyring.line(name: "bench", key: Self.adminKey.utf8)
            .write(toFile: operators, atomically: true, encoding: .utf8)
        try Self.text(stage, settings, portsFile: ports, operators: operators)
            .write(toFile: file, atomically: true, encoding: .utf8)
        process = try stage.server.start(
            name: name, executable: try ServiceProgram.locate("recommend"),
            arguments: ["serve", "--config", file], environment: settings.campaign.environment,
            in: stage.run)
        let ready = Readiness(of: process, within: .seconds(30))
        guard case .object(let found) = try JSON.parse(try ready.file(ports), limits: .request),
            case .integer(let http) = found["http"], case .integer(let admin) = found["admin"]
        else { throw StackFailure("\(ports) holds no ports") }
        port = Int(http)
        adminPort = Int(admin)
        try ready.http(port: adminPort, "/readyz")
    }

    /// The settings file. What is believed of a person, and the cache, outlast the run, so that each measure
    /// has the profiles just where it says; nobody is held to a rate: ten thousand people ask for what a
    /// million do.
    private static func text(
        _ stage: Stage, _ settings: Settings, portsFile: String, operators: String
    ) -> String {
        """
        campaign: \(settings.campaign.directory)
        ports_file: \(portsFile)
        loops: 1
        log: {level: warning}
        admin: {host: 127.0.0.1, port: 0, keys_file: \(operators)}
        http: {host: 127.0.0.1, port: 0}
        redis: {url: "\(settings.redisURL)"}
        tickets: {audience: \(TicketDesk.audience), keys_file: \(stage.tickets.keysFile), remembered: 65536}
        limits: {lists: 1000000, lists_window: 1s}
        static: {root: \(stage.staticData)/web}
        profiles:
          cache_bytes: \(settings.cacheBytes)
          cache_life: 1h
          absence_cache_life: 1h
          role_life: 24h
          absence_life: 24h
          deadline: \(settings.deadlineMs)ms

        """
    }

    /// People in the loop's cache.
    func cachedPeople() throws -> Int {
        let answer = try LoopbackHTTP.get(
            port: adminPort, "/v1/admin/status", headers: ["authorization": "Bearer \(Self.adminKey)"])
        guard case .object(let status) = try JSON.parse(answer.body, limits: .document),
            case .array(let loops) = status["loops"], case .object(let loop) = loops.first,
            case .integer(let people) = loop["cached_people"]
        else { throw StackFailure("the status tells no cached people: \(answer.text)") }
        return Int(people)
    }

    func stop() {
        process.terminate(grace: .seconds(10))
    }
}
