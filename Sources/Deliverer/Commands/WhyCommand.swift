import ArgumentParser
import CampaignFiles
import Catalog
import Logging
import NIOPosix
import Operators
import OrderStore
import Orders
import Redis
import ServiceShell
import ServiceWiring
import Telemetry
import Wire

/// `deliverer why`: what an order is waiting for.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Says in one paragraph what an order is waiting for.",
        discussion: """
            Looks at the order's state, attempts and claim in Redis, and asks every --admin port what it has \
            in memory; does without those that do not answer.

            Exit codes: 0 the order is known; 65 it is not; 64 usage; 66 no key; 69 Redis cannot be reached; \
            77 the key is not accepted; 78 a setting will not do.
            """)

    @OptionGroup var ports: AdminOptions
    @Argument(help: ArgumentHelp("The order's ID.", valueName: "order"))
    var order: String

    func validate() throws {
        guard OrderID(text: order) != nil else {
            throw ValidationError("An order ID has 13 characters of Crockford's base 32.")
        }
    }

    func run() async throws {
        try await CommandFault.exiting("why") {
            guard let id = OrderID(text: order) else { return }
            let settings = try Settings.load(path: ports.config)
            LoggingSystem.bootstrap { LogfmtHandler(label: $0, level: .error) }
            let answers = try await ask(id, settings)
            let (look, game) = try await look(id, settings)
            // A claim names the gift and so the game; else an instance that has the order does.
            let name = game ?? answers.places.compactMap { $0.place?.game }.first
            let text = WhyText(
                id: id, look: look, places: answers.places,
                game: answers.sum.games.first { $0.game == name }, nowMs: SystemClock.nowMs)
            CommandOutput.say(text.text)
            if look.state == .none, look.order == nil { throw ExitCode(CommandFault.refused) }
        }
    }

    private typealias Answers = (places: [(instance: String, place: OrderPlace?)], sum: StatusSum)

    private func ask(_ id: OrderID, _ settings: Settings) async throws -> Answers {
        let line = AdminLine(key: try ports.key())
        defer { line.close() }
        var (places, reports) = ([(instance: String, place: OrderPlace?)](), [DelivererStatusReport]())
        for url in try ports.urls(settings) {
            do {
                let body = try await line.ask(url, "/v1/admin/orders/" + id.text)
                places.append(try OrderWhy.here(body))
                reports.append(try DelivererStatusReport.decode(try await line.ask(url, "/v1/admin/status")))
            } catch let fault as CommandFault where fault.exitCode != CommandFault.noPermission {
                CommandOutput.warn("why: \(fault)")
            } catch let error as JSONError {
                CommandOutput.warn("why: \(url) is no Deliverer: \(error)")
            }
        }
        return (places, StatusSum(reports))
    }

    /// What Redis has of it, and its game.
    private func look(_ id: OrderID, _ settings: Settings) async throws -> (OrderLook, String?) {
        let catalog = try Wiring.setting(
            "campaign", try settings.path("campaign"), allowed: "the directory of a valid campaign"
        ) {
            path throws(CampaignDirectory.Fault) in try CampaignDirectory.load(path, allowUnset: true)
        }
        let storage = catalog.campaign.storage
        guard Int(id.shard) < storage.shards else {
            throw CommandFault(CommandFault.refused, "\(id.text) is no order of this campaign")
        }
        var options = RedisOptions()
        options.clientName = "deliverer-why"
        let redis = RedisRouter(
            try Wiring.redisTarget(settings), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options, logger: Logger(label: "why"))
        let store = OrderStore(
            redis: redis,
            keys: StoreKeys(
                campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        do {
            try await redis.ready(within: .seconds(5))
            let look = try await store.look(id)
            await redis.shutDown()
            let game = look.order.flatMap { order in
                catalog.gifts.indices.contains(Int(order.gift))
                    ? catalog.games[Int(catalog.gifts[Int(order.gift)].game)].id : nil
            }
            return (look, game)
        } catch {
            await redis.shutDown()
            throw error
        }
    }
}
