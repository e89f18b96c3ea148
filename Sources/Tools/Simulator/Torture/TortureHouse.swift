import CampaignFiles
import Catalog
import Foundation
import Glibc
import NIOCore
import Stack
import Synchronization
import Wire

/// What is tortured: redis-server, the local broker, two Claim processes and a reconciler that may rebuild by
/// itself; and the thread that starts the services again when they end.
///
/// Any thread may call any method; those that wait block.
final class TortureHouse: Sendable {
    static let claims = 2
    private static let readyLimit: Duration = .seconds(60)
    private static let stopGrace: Duration = .seconds(8)

    private struct State {
        var services: [KeptService] = []
        var isStopping = false
    }

    let run: RunDirectory
    let campaign: TortureCampaign
    let catalog: Catalog
    let secrets: HouseSecrets
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let claimPorts: [Int]
    private let claimAdminPorts: [Int]
    private let reconcilerAdminPort: Int
    private let environment: [String: String]
    private let state = Mutex(State())

    /// Starts the stores and writes the settings; nothing of ours runs yet.
    init(_ scale: TortureScale, rolesPort: Int, in run: RunDirectory) throws {
        self.run = run
        campaign = try TortureCampaign(scale, in: run)
        environment = ["HONGBAO_ROLES_PORT": "\(rolesPort)"]
        catalog = try CampaignDirectory.load(campaign.directory, environment: environment)
        secrets = try HouseSecrets.draw(for: catalog, in: run.directory("secrets"))
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        var ports: Set<Int> = []
        while ports.count < 2 * Self.claims + 1 { ports.insert(try QuietPort.pick()) }
        let picked = Array(ports)
        claimPorts = Array(picked[..<Self.claims])
        claimAdminPorts = Array(picked[Self.claims..<2 * Self.claims])
        reconcilerAdminPort = picked[2 * Self.claims]
        for index in 0..<Self.claims {
            try NotesFile.write(claimSettings(index), to: "\(run.path)/claim-\(index).yaml", mode: 0o600)
        }
        try NotesFile.write(reconcilerSettings, to: reconcilerFile, mode: 0o600)
    }

    // MARK: - Settings

    var reconcilerFile: String { "\(run.path)/reconciler.yaml" }

    private var stores: String {
        """
        campaign: \(campaign.directory)
        redis: {url: "\(redis.url)"}
        kafka: {bootstrap_file: \(kafka.bootstrapPath), message_timeout_ms: 1500}

        """
    }

    private func claimSettings(_ index: Int) -> String {
        stores + """
            ports_file: \(run.path)/claim-\(index).ports.json
            loops: 1
            http: {host: 127.0.0.1, port: \(claimPorts[index])}
            admin: {host: 127.0.0.1, port: \(claimAdminPorts[index]), keys_file: \(secrets.operatorsFile)}
            tickets: {audience: hongbao, keys_file: \(secrets.ticketsFile)}
            coupons: {keys_file: \(secrets.couponsFile)}
            profiles: {deadline: 3s}
            claim:
              answer_deadline: 2s
              sweep_age: 2s
              lease: 2500ms
              lease_renewal: 500ms

            """
    }

    private var reconcilerSettings: String {
        stores + """
            ports_file: \(run.path)/reconciler.ports.json
            admin: {host: 127.0.0.1, port: \(reconcilerAdminPort), keys_file: \(secrets.operatorsFile)}
            claim: {lease: 2500ms}
            rebuild: {automatic: true, settle_wait: 3s}

            """
    }

    // MARK: - Services

    func start() throws {
        for index in 0..<Self.claims { try add("claim-\(index)", "claim", "\(run.path)/claim-\(index).yaml") }
        try add("reconciler", "reconciler", reconcilerFile)
        let thread = Thread { [self] in
            while look() { usleep(50_000) }
        }
        thread.name = "watch"
        thread.start()
        try awaitReady(within: Self.readyLimit)
    }

    private func add(_ name: String, _ program: String, _ settings: String) throws {
        var service = KeptService(
            name: name, executable: try ServiceProgram.locate(program),
            arguments: ["serve", "--config", settings], environment: environment)
        try service.start(in: run, nowNs: NIODeadline.now().uptimeNanoseconds)
        state.withLock { $0.services.append(service) }
    }

    /// Starts what has ended; false when the house is stopping.
    private func look() -> Bool {
        state.withLock { state in
            guard !state.isStopping else { return false }
            let nowNs = NIODeadline.now().uptimeNanoseconds
            for index in state.services.indices {
                if let exit = state.services[index].process?.exit {
                    state.services[index].ended(exit, nowNs: nowNs)
                }
                guard state.services[index].process == nil, state.services[index].dueNs <= nowNs else {
                    continue
                }
                do {
                    try state.services[index].start(in: run, nowNs: nowNs)
                } catch {
                    state.services[index].ended(.code(127), nowNs: nowNs)
                }
            }
            return true
        }
    }

    func process(_ name: String) -> ChildProcess? {
        state.withLock { state in state.services.first { $0.name == name }?.process }
    }

    func restarts() -> [(name: String, count: Int)] {
        state.withLock { $0.services.map { ($0.name, $0.restarts) } }
    }

    /// Blocks until every Claim process takes claims and nothing has to be rebuilt; says who does not, and
    /// why, when the time is up.
    ///
    /// - Parameter rebuilds: as many must have been done by the reconciler's present process.
    func awaitReady(within limit: Duration, rebuilds: Int = 0) throws {
        let deadline = Deadline(after: limit)
        var words = ""
        let isReady = try deadline.poll(everyUs: 50_000) { () throws(StackFailure) -> Bool in
            for (index, port) in claimAdminPorts.enumerated() {
                let answer = try? LoopbackHTTP.get(port: port, "/readyz", within: .seconds(1))
                guard answer?.status == 200 else {
                    words = "claim-\(index): \(answer?.text ?? "does not answer")"
                    return false
                }
            }
            words = "reconciler: \(rebuildCheck?.text ?? "does not answer"), \(self.rebuilds) rebuilds"
            return rebuildCheck?.isReady ?? false && self.rebuilds >= rebuilds
        }
        guard isReady else {
            throw StackFailure(
                "not ready after \(limit): \(words)\n\(process("reconciler")?.logTail(lines: 12) ?? "")")
        }
    }

    /// What the reconciler thinks of rebuilding; nil while it says nothing. Its other checks do not matter
    /// here.
    private var rebuildCheck: (isReady: Bool, text: String)? {
        let answer = try? LoopbackHTTP.get(port: reconcilerAdminPort, "/readyz", within: .seconds(1))
        guard let answer, case .object(let root) = try? JSON.parse(answer.body, limits: .record),
            case .array(let checks) = root["checks"]
        else { return nil }
        for case .object(let check) in checks where check["name"] == .string("rebuild") {
            guard case .string(let detail) = check["detail"] else { return nil }
            return (check["ready"] == .bool(true), detail)
        }
        return nil
    }

    /// How often the reconciler's present process has rebuilt something.
    var rebuilds: Int {
        let answer = try? LoopbackHTTP.get(port: reconcilerAdminPort, "/metrics", within: .seconds(1))
        let line = answer?.text.split(separator: "\n").first {
            $0.hasPrefix("hongbao_reconciler_rebuilds_total ")
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
    }

    /// Where the broker is now: it moves when it is wiped.
    var bootstrap: String {
        let text = try? String(contentsOfFile: kafka.bootstrapPath, encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? kafka.bootstrap
    }

    // MARK: - The reconciler's word

    /// `reconciler verify`; what it printed, and whether it found nothing wrong.
    func verify(_ name: String) throws -> (isClean: Bool, text: String) {
        let process = try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: ["verify", "--config", reconcilerFile], environment: environment, in: run)
        guard let exit = process.waitForExit(within: .seconds(120)) else {
            throw StackFailure("reconciler verify did not end in time\n\(process.logTail())")
        }
        return (exit == .code(0), process.logTail(lines: 60))
    }

    // MARK: - Stop

    func stop(keepingFiles: Bool) {
        let services = state.withLock { state in
            state.isStopping = true
            return state.services.compactMap(\.process)
        }
        for process in services { process.resume() }
        for process in services { process.signal(SIGTERM) }
        for process in services { process.terminate(grace: Self.stopGrace) }
        kafka.resume()
        kafka.stop()
        redis.resume()
        redis.stop()
        run.release(keepingFiles: keepingFiles)
    }
}
