import ArgumentParser
import CampaignFiles
import Catalog
import Credentials
import HTTPServer
import NIOPosix
import ServiceShell
import ServiceWiring
import Wire

/// `simulator serve`: the games and role services of a campaign, in one process.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Play the games and role services of a campaign over real sockets.",
        discussion: """
            Games grant by order ID (POST /games/<id>/grant, signatures verified), say whether they \
            granted (GET /games/<id>/orders/<order>) and know everybody's roles (GET /roles/<id>?user=<n>, \
            20-200 ms slow).

            Settings (YAML, or HONGBAO_<SECTION>_<KEY>): campaign (directory), seed, secrets_dir \
            (<game>.secret), games.host, games.port (0: a free one), admin.host, admin.port, \
            admin.keys_file, ports_file, log.level.

            Admin port, with an API key: GET and PUT /v1/admin/faults/<game>, GET /v1/admin/report, GET \
            /v1/admin/grants. A change of faults names what changes: \
            {"latency_ms": [2, 12], "error_ratio": 0.01, "throttle_ratio": 0, "retry_after_s": 1, \
            "drop_ratio": 0.005, "grant_error_ratio": 0, "drip_ratio": 0, "gone": false, \
            "reject_ratio": 0, "hang_ms": 5000}.

            Exit codes: 0 after SIGTERM, 78 where a setting will not do.
            """)

    @Option(help: "The settings file (YAML).")
    var config: String

    func run() async throws {
        await ServiceProcess.run(name: "simulator", configPath: config) { context in
            let settings = context.settings
            // The placeholders in endpoints stand for ports of ours, which nobody can know yet.
            let catalog = try Wiring.setting(
                "campaign", try settings.path("campaign"), allowed: "the directory of a valid campaign"
            ) { path throws(CampaignDirectory.Fault) in try CampaignDirectory.load(path, allowUnset: true) }
            let verifiers = try Self.verifiers(catalog, settings)
            let host = WorldHost(
                catalog: catalog, verifiers: verifiers,
                seed: UInt64(try settings.int("seed", in: 0...Int.max)),
                loop: context.group.next())
            try Wiring.admitOperators(context)
            Self.addRoutes(context.routes, host, catalog)
            let address = try settings.string("games.host", default: "127.0.0.1")
            let port = try settings.int("games.port", in: 0...65_535, default: 0)
            let check = context.readiness.check("games")
            context.ports.expect("games")
            return [
                ServicePart(
                    "games",
                    start: {
                        try context.ports.report("games", try await host.start(host: address, port: port))
                        check.set(true, "listening")
                    }, stop: { await host.stop() })
            ]
        }
    }

    private static func verifiers(_ catalog: Catalog, _ settings: Settings) throws -> [WebhookVerifier] {
        try verifiers(catalog, directory: settings.path("secrets_dir"))
    }

    /// - Parameter directory: with `<game>.secret` for every game.
    static func verifiers(_ catalog: Catalog, directory: String) throws -> [WebhookVerifier] {
        try catalog.games.map { game in
            let path = "\(directory)/\(game.id).secret"
            do {
                return try WebhookVerifier(secrets: FileBytes.lines(path))
            } catch {
                throw SettingsFault(
                    key: "secrets_dir", value: directory,
                    allowed: "a folder with <game>.secret for every game (\(error))",
                    origin: "settings")
            }
        }
    }

    private static func addRoutes(_ routes: AdminRoutes, _ host: WorldHost, _ catalog: Catalog) {
        @Sendable func game(_ call: AdminCall) throws -> UInt8 {
            guard let game = catalog.game(id: call["game"]) else {
                throw AdminProblem(404, "there is no game \"\(call["game"])\"")
            }
            return game.slot
        }
        routes.add(.get, "/v1/admin/report") { _ in .json(try await host.report()) }
        routes.add(.get, "/v1/admin/grants") { _ in
            HTTPResponse(
                status: 200, contentType: "application/x-ndjson", body: .bytes(try await host.grants()))
        }
        routes.add(.get, "/v1/admin/faults/{game}") { .json(try await host.faults(of: game($0))) }
        routes.add(.put, "/v1/admin/faults/{game}") { call in
            do {
                return .json(try await host.changeFaults(of: game(call), call.body))
            } catch let error as JSONError {
                throw AdminProblem(400, "\(error.path): \(error.reason)")
            }
        }
    }
}
