import CampaignFiles
import Catalog
import Foundation
import Glibc
import NIOCore
import Stack

/// What is tortured: redis-server, the local broker, two Claim processes and a reconciler that may rebuild by
/// itself; and the thread that starts the services again when they end.
///
/// Any thread may call any method; those that wait block.
final class TortureHouse: Sendable {
    static let claims = 2
    private static let readyLimit: Duration = .seconds(60)

    let run: RunDirectory
    let campaign: TortureCampaign
    let catalog: Catalog
    let secrets: HouseSecrets
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let claimPorts: [Int]
    private let claimAdminPorts: [Int]
    private let reconciler: TortureReconciler
    private let crew: TortureCrew

    /// Starts the stores and writes the settings; nothing of ours runs yet.
    init(_ scale: TortureScale, rolesPort: Int, in run: RunDirectory) throws {
        self.run = run
        campaign = try TortureCampaign(scale, in: run)
        let environment = ["HONGBAO_ROLES_PORT": "\(rolesPort)"]
        catalog = try CampaignDirectory.load(campaign.directory, environment: environment)
        secrets = try HouseSecrets.draw(for: catalog, in: run.directory("secrets"))
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        var ports: Set<Int> = []
        while ports.count < 2 * Self.claims + 1 { ports.insert(try QuietPort.pick()) }
        let picked = Array(ports)
        claimPorts = Array(picked[..<Self.claims])
        claimAdminPorts = Array(picked[Self.claims..<2 * Self.claims])
        reconciler = TortureReconciler(
            adminPort: picked[2 * Self.claims], settingsFile: "\(run.path)/reconciler.yaml",
            environment: environment, run: run)
        crew = TortureCrew(in: run, environment: environment)
        for index in 0..<Self.claims {
            try NotesFile.write(claimSettings(index), to: "\(run.path)/claim-\(index).yaml", mode: 0o600)
        }
        try NotesFile.write(reconcilerSettings, to: reconciler.settingsFile, mode: 0o600)
    }

    // MARK: - Settings

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
            admin: {host: 127.0.0.1, port: \(reconciler.adminPort), keys_file: \(secrets.operatorsFile)}
            claim: {lease: 2500ms}
            rebuild: {automatic: true, settle_wait: 3s}

            """
    }

    // MARK: - Services

    func start() throws {
        for index in 0..<Self.claims {
            try crew.add("claim-\(index)", "claim", settings: "\(run.path)/claim-\(index).yaml")
        }
        try crew.add("reconciler", "reconciler", settings: reconciler.settingsFile)
        crew.watch()
        try awaitReady(within: Self.readyLimit)
    }

    func process(_ name: String) -> ChildProcess? { crew.process(name) }

    func restarts() -> [(name: String, count: Int)] { crew.restarts() }

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
            let (check, done) = (reconciler.rebuildCheck, self.rebuilds)
            words = "reconciler: \(check?.text ?? "does not answer"), \(done) rebuilds"
            return check?.isReady ?? false && done >= rebuilds
        }
        guard isReady else {
            throw StackFailure(
                "not ready after \(limit): \(words)\n\(process("reconciler")?.logTail(lines: 12) ?? "")")
        }
    }

    /// How often the reconciler's present process has rebuilt something.
    var rebuilds: Int { reconciler.rebuilds }

    var bootstrap: String { kafka.currentBootstrap }

    /// `reconciler verify`; what it printed, and whether it found nothing wrong.
    func verify(_ name: String) throws -> (isClean: Bool, text: String) { try reconciler.verify(name) }

    // MARK: - Stop

    func stop(keepingFiles: Bool) {
        crew.stop()
        kafka.resume()
        kafka.stop()
        redis.resume()
        redis.stop()
        run.release(keepingFiles: keepingFiles)
    }
}
