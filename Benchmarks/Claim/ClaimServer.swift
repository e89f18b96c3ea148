import Bench
import Foundation
import Glibc
import Stack
import Wire

/// `claim serve`, the stores that it stands on, and the processor time of each.
final class ClaimServer {
    static let adminKey = "an operator's key for the bench"

    let redis: RedisServer
    let kafka: LocalKafkaServer
    let campaign: ClaimCampaign
    private(set) var process: ChildProcess
    private(set) var port = 0
    private(set) var adminPort = 0
    private let stage: ClaimStage
    private let name: String

    /// Processor seconds of all that takes part, between two looks.
    struct Usage {
        var claim = 0.0
        var redis = 0.0
        var kafka = 0.0
        /// The load generator, which is this process.
        var load = 0.0
        var seconds = 0.0

        var all: Double { claim + redis + kafka + load }
        /// Of the cores that they share.
        func busy(cores: Int) -> Double { all / (seconds * Double(cores)) }
    }

    /// - Parameters:
    ///   - fsync: Redis's `appendfsync`.
    ///   - more: lines of the settings' section `claim`.
    init(
        _ stage: ClaimStage, _ campaign: ClaimCampaign, fsync: String = "everysec", more: [String] = []
    ) throws {
        self.stage = stage
        self.campaign = campaign
        name = stage.childName("claim")
        redis = try RedisServer(
            in: stage.run, name: stage.childName("redis"), extraArguments: ["--appendfsync", fsync])
        kafka = try LocalKafkaServer(
            in: stage.run, topics: .campaign(directory: campaign.directory), name: stage.childName("kafka"))
        let text = """
            campaign: \(campaign.directory)
            ports_file: \(stage.run.path)/\(name).ports.json
            http: {host: 127.0.0.1, port: 0}
            admin: {host: 127.0.0.1, port: 0, keys_file: \(stage.run.path)/operators.keys}
            loops: \(stage.options.loops)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)"}
            tickets: {audience: \(ClaimStage.audience), keys_file: \(stage.run.path)/tickets.json}
            coupons: {keys_file: \(stage.run.path)/coupons.keys}
            log: {level: warning}

            """
        let claim = more.isEmpty ? "" : "claim:\n" + more.map { "  \($0)\n" }.joined()
        try (text + claim).write(
            toFile: "\(stage.run.path)/\(name).yaml", atomically: true, encoding: .utf8)
        process = try Self.launch(stage, name, campaign)
        try awaitReady()
    }

    private static func launch(
        _ stage: ClaimStage, _ name: String, _ campaign: ClaimCampaign
    ) throws -> ChildProcess {
        unlink("\(stage.run.path)/\(name).ports.json")
        return try ChildProcess(
            name: name, executable: try ServiceProgram.locate("claim"),
            arguments: ["serve", "--config", "\(stage.run.path)/\(name).yaml"],
            environment: campaign.environment, in: stage.run)
    }

    /// Waits until it takes claims.
    private func awaitReady() throws {
        let ready = Readiness(of: process, within: .seconds(60))
        guard
            case .object(let ports) = try JSON.parse(
                ready.file("\(stage.run.path)/\(name).ports.json"), limits: .request),
            case .integer(let http) = ports["http"], case .integer(let admin) = ports["admin"]
        else { throw StackFailure("the ports file holds no ports") }
        (port, adminPort) = (Int(http), Int(admin))
        try ready.http(port: adminPort, "/readyz")
    }

    /// Ends the process and starts another one; how long that took until it took claims, in seconds.
    func restart() throws -> Double {
        process.terminate(grace: .seconds(30))
        let started = ContinuousClock.now
        process = try Self.launch(stage, name, campaign)
        try awaitReady()
        return (ContinuousClock.now - started) / .seconds(1)
    }

    func stop() {
        process.terminate(grace: .seconds(20))
        kafka.process.kill()
        redis.kill9()
    }

    /// A first look.
    func watch() throws -> ClaimWatch {
        ClaimWatch(
            claim: try ProcessWatch(pid: process.pid), redis: try ProcessWatch(pid: redis.process.pid),
            kafka: try ProcessWatch(pid: kafka.process.pid), load: try ProcessWatch(pid: getpid()))
    }
}

/// What everybody had used at a first look.
struct ClaimWatch {
    fileprivate let claim: ProcessWatch
    fileprivate let redis: ProcessWatch
    fileprivate let kafka: ProcessWatch
    fileprivate let load: ProcessWatch
    private let startedAt = ContinuousClock.now

    fileprivate init(claim: ProcessWatch, redis: ProcessWatch, kafka: ProcessWatch, load: ProcessWatch) {
        self.claim = claim
        self.redis = redis
        self.kafka = kafka
        self.load = load
    }

    /// The second look.
    func used() throws -> ClaimServer.Usage {
        ClaimServer.Usage(
            claim: try claim.used(), redis: try redis.used(), kafka: try kafka.used(), load: try load.used(),
            seconds: (ContinuousClock.now - startedAt) / .seconds(1))
    }
}
