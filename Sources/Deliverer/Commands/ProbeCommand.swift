import ArgumentParser
import CampaignFiles
import Catalog
import Credentials
import HTTPClient
import Operators
import Orders
import ServiceShell
import ServiceWiring
import Telemetry
import Wire

/// `deliverer probe`: the request that a game would get for a test order, shown or sent once.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Shows the request that a game would get for a test order, or sends it once.",
        discussion: """
            The request is made as for any order, with the game's own secrets; signatures are shown by their \
            length. Without --send nothing leaves this machine. Test orders have IDs of a lane that no claim \
            ever has; without --order one is drawn. With --ask it is the question at the game's query URL.

            Exit codes: 0 shown, or sent and granted (with --ask: answered); 64 usage; 65 rejected, or an ID \
            that a claim may have; 66 a secret cannot be read; 69 not sent; 75 not granted now, or unknown; \
            78 a setting will not do.
            """)

    @Argument(help: ArgumentHelp("The game's id.", valueName: "game"))
    var game: String
    @Option(help: ArgumentHelp("The settings file of `deliverer serve` (YAML).", valueName: "file"))
    var config: String
    @Option(help: ArgumentHelp("The test order's ID, of a lane that no claim has.", valueName: "id"))
    var order: String?
    @Option(help: ArgumentHelp("A gift pack of the game. Default: its first.", valueName: "id"))
    var gift: String?
    @Option(help: ArgumentHelp("A region of the game. Default: its first.", valueName: "id"))
    var region: String?
    @Option(help: ArgumentHelp("The person, such as a tester of the game's.", valueName: "number"))
    var user: UInt64 = 1
    @Option(help: ArgumentHelp("The person's role.", valueName: "number"))
    var role: UInt64 = 1
    @Option(help: ArgumentHelp("How many times the pack's items are granted.", valueName: "number"))
    var amount: UInt32 = 1
    @Flag(help: "The question whether the order was granted, instead of its delivery.")
    var ask = false
    @Flag(help: "Sends it, once.")
    var send = false

    func validate() throws {
        guard amount >= 1 else { throw ValidationError("--amount is at least 1.") }
        guard let order else { return }
        guard OrderID(text: order) != nil else {
            throw ValidationError("An order ID has 13 characters of Crockford's base 32.")
        }
    }

    func run() async throws {
        try await CommandFault.exiting("probe") {
            let settings = try Settings.load(path: config)
            let allowsPrivate = try settings.bool("games.allow_private", default: false)
            let probe = try probe(settings)
            CommandOutput.say(probe.text)
            guard send else { return CommandOutput.warn("probe: nothing was sent; --send sends it once") }
            CommandOutput.warn("probe: \(game) gets a real request now, for an order that nobody has claimed")
            let completion = await ProbeLine.send(probe.request, allowsPrivate: allowsPrivate)
            let answer = ProbeAnswer(
                probe.game, completion.outcome, elapsedUs: completion.elapsedUs, isQuery: ask)
            CommandOutput.say(answer.text)
            if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
        }
    }

    private func probe(_ settings: Settings) throws -> Probe {
        let catalog = try Wiring.catalog(settings)
        let secrets = try settings.path("games.secrets_dir")
        guard let game = catalog.game(id: game) else {
            throw CommandFault(CommandFault.refused, "there is no game \(game)")
        }
        let gifts = catalog.gifts.filter { $0.game == game.slot }
        guard let gift = gifts.first(where: { self.gift == nil || $0.id == self.gift }) else {
            throw CommandFault(CommandFault.refused, "\(game.id) has no gift pack \(self.gift ?? "")")
        }
        guard let region = game.regions.first(where: { self.region == nil || $0.id == self.region }) else {
            throw CommandFault(CommandFault.refused, "\(game.id) has no region \(self.region ?? "")")
        }
        let id = order.flatMap { OrderID(text: $0) } ?? TestOrder.drawID()
        guard TestOrder.isTest(id) else {
            throw CommandFault(
                CommandFault.refused,
                "\(id.text) may be somebody's: a test order's ID begins with 000000; leave --order out and "
                    + "one is drawn")
        }
        guard !ask || game.queryEndpoint != nil else {
            throw CommandFault(CommandFault.refused, "\(game.id) has no queryEndpoint")
        }
        let nowMs = SystemClock.nowMs
        let testOrder = TestOrder.order(
            id, gift: gift, region: region, user: user, role: role, amount: amount, nowMs: nowMs)
        let signer = try KeyFiles.signer(game, directory: secrets)
        return try Probe(
            catalog, game, testOrder, signer, secretsDirectory: secrets, isQuery: ask, nowS: nowMs / 1000)
    }
}
