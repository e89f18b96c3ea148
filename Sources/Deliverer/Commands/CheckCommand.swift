import ArgumentParser
import CampaignFiles
import Catalog
import HTTPClient
import Operators
import ServiceShell
import ServiceWiring
import Telemetry
import Wire

/// `deliverer check`: whether every game can be delivered to, as far as that shows without asking it.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks every game's dialect, secrets, certificates, addresses and limits.",
        discussion: """
            Reads the settings, the campaign's files, the games' secrets and certificates, and looks up the \
            endpoints' names; asks neither Redis nor Kafka nor any game. One line a game that can be \
            delivered to, one line a fault (file: field: reason).

            Exit codes: 0 no faults (there may be warnings); 64 usage; 65 faults; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file of `deliverer serve` (YAML).", valueName: "file"))
    var config: String
    @Flag(help: "One JSON document.")
    var json = false
    @Flag(help: "Does not look up the names of hosts.")
    var noResolve = false
    @Flag(help: "Takes placeholders in endpoints that are not set for 1: files away from their stack.")
    var allowUnset = false

    func run() async throws {
        try await CommandFault.exiting("check") {
            let report = try report()
            CommandOutput.say(json ? report.json : report.text)
            if report.hasFaults { throw ExitCode(CommandFault.refused) }
        }
    }

    private func report() throws -> CheckReport {
        let settings = try Settings.load(path: config)
        let directory = try settings.path("campaign")
        let secrets = try settings.path("games.secrets_dir")
        let allowsPrivate = try settings.bool("games.allow_private", default: false)
        let catalog: Catalog
        do throws(CampaignDirectory.Fault) {
            catalog = try CampaignDirectory.load(directory, allowUnset: allowUnset)
        } catch {
            switch error {
            case .catalog(let faults): return CheckReport(faults: faults.faults)
            case .file(let fault):
                return CheckReport(faults: [CatalogFault(file: fault.path, path: "", reason: fault.reason)])
            }
        }
        var known: [String: Result<[HostAddresses.Address], HostAddresses.Fault>] = [:]
        let resolve: (String) -> Result<[HostAddresses.Address], HostAddresses.Fault> = { host in
            let found =
                known[host] ?? Result { () throws(HostAddresses.Fault) in try HostAddresses.of(host) }
            known[host] = found
            return found
        }
        let setting = GameCheck.Setting(
            gamesFile: "\(directory)/\(CatalogLoader.fileNames[1])", secretsDirectory: secrets,
            allowsPrivate: allowsPrivate, resolve: noResolve ? nil : resolve, nowMs: SystemClock.nowMs)
        return CheckReport(catalog, setting)
    }
}
