import CampaignFiles
import Catalog
import Foundation
import Stack

/// What is tortured: redis-server, the local broker, Deliverers and a reconciler that may rebuild by itself.
///
/// Any thread may call any method; those that wait block.
final class DeliverHouse: Sendable {
    private static let readyLimit: Duration = .seconds(60)
    /// A Deliverer's own limit of 8 s, and some for a machine that has other things to do.
    private static let dismissGrace: Duration = .seconds(15)

    let run: RunDirectory
    let campaign: DeliverCampaign
    let catalog: Catalog
    let secrets: HouseSecrets
    let redis: RedisServer
    let kafka: LocalKafkaServer
    let reconciler: TortureReconciler
    let crew: TortureCrew
    let admin: DeliverAdmin
    /// Names of the Deliverers.
    let deliverers: [String]

    /// Starts the stores and writes the settings; nothing of ours runs yet.
    init(_ scale: DeliverScale, in run: RunDirectory) throws {
        self.run = run
        var picked: Set<Int> = []
        let games = DeliverCampaign.names.count
        while picked.count < games + scale.deliverers + 1 { picked.insert(try QuietPort.pick()) }
        let ports = Array(picked)
        campaign = try DeliverCampaign(scale, ports: Array(ports[..<games]), in: run)
        catalog = try CampaignDirectory.load(campaign.directory, environment: [:])
        secrets = try HouseSecrets.draw(for: catalog, in: run.directory("secrets"))
        redis = try RedisServer(in: run)
        kafka = try LocalKafkaServer(in: run, topics: .campaign(directory: campaign.directory))
        reconciler = TortureReconciler(
            adminPort: ports[games], settingsFile: "\(run.path)/reconciler.yaml", environment: [:], run: run)
        admin = DeliverAdmin(ports: Array(ports[(games + 1)...]), key: secrets.adminKey)
        deliverers = (0..<scale.deliverers).map { "deliverer-\($0)" }
        crew = TortureCrew(in: run, environment: [:])
        for (name, port) in zip(deliverers, admin.ports) {
            try NotesFile.write(delivererSettings(name, port), to: settingsFile(name), mode: 0o600)
        }
        try NotesFile.write(reconcilerSettings, to: reconciler.settingsFile, mode: 0o600)
    }

    // MARK: - Settings

    private func settingsFile(_ name: String) -> String { "\(run.path)/\(name).yaml" }

    private var stores: String {
        """
        campaign: \(campaign.directory)
        redis: {url: "\(redis.url)"}
        kafka: {bootstrap_file: \(kafka.bootstrapPath), message_timeout_ms: 1500}

        """
    }

    private func delivererSettings(_ name: String, _ port: Int) -> String {
        stores + """
            ports_file: \(run.path)/\(name).ports.json
            loops: 1
            admin: {host: 127.0.0.1, port: \(port), keys_file: \(secrets.operatorsFile)}
            games: {secrets_dir: \(secrets.gamesDirectory), allow_private: true}
            shutdown: {deadline: 8s}
            deliverer: {retry_base_ms: 100, retry_cap_ms: 3000, longest_sleep_ms: 1000}

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
        for name in deliverers { try crew.add(name, "deliverer", settings: settingsFile(name)) }
        try crew.add("reconciler", "reconciler", settings: reconciler.settingsFile)
        crew.watch()
        try awaitReady(within: Self.readyLimit)
    }

    /// Blocks until every Deliverer that is not held may deliver, and nothing has to be rebuilt; says who may
    /// not, and why, when the time is up.
    ///
    /// - Parameter rebuilds: as many must have been done by the reconciler's present process.
    func awaitReady(within limit: Duration, rebuilds: Int = 0) throws {
        var words = ""
        let isReady = try Deadline(after: limit).poll(everyUs: 50_000) { () throws(StackFailure) -> Bool in
            for (name, port) in zip(deliverers, admin.ports) where !crew.isHeld(name) {
                let answer = try? LoopbackHTTP.get(port: port, "/readyz", within: .seconds(1))
                guard answer?.status == 200 else {
                    words = "\(name): \(answer?.text ?? "does not answer")"
                    return false
                }
            }
            let (check, done) = (reconciler.rebuildCheck, reconciler.rebuilds)
            words = "reconciler: \(check?.text ?? "does not answer"), \(done) rebuilds"
            return check?.isReady ?? false && done >= rebuilds
        }
        guard isReady else {
            let log = crew.process("reconciler")?.logTail(lines: 12) ?? ""
            throw StackFailure("not ready after \(limit): \(words)\n\(log)")
        }
    }

    /// Ends all Deliverers by SIGTERM, at once.
    ///
    /// - Returns: those that did not end with 0, and how.
    func dismissAll() async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for name in deliverers {
                group.addTask { [self] in
                    let exit = try? await Torture.blocking { [self] in
                        crew.dismiss(name, grace: Self.dismissGrace)
                    }
                    guard let exit, exit != .code(0), exit != .code(75) else { return nil }
                    return "\(name) ended with \(exit.words)"
                }
            }
            return await group.reduce(into: []) { if let words = $1 { $0.append(words) } }
        }
    }

    func dismiss(_ name: String) { _ = crew.dismiss(name, grace: Self.dismissGrace) }

    func releaseAll() {
        for name in deliverers { crew.release(name) }
    }

    func stop(keepingFiles: Bool) {
        crew.stop()
        kafka.resume()
        kafka.stop()
        redis.resume()
        redis.stop()
        run.release(keepingFiles: keepingFiles)
    }
}
