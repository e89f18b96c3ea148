import ArgumentParser
import Foundation
import Stack

/// `simulator torture-deliver`: deliveries under faults, kills, stops and losses, and the proof that nothing
/// came of it.
struct TortureDeliverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture-deliver",
        abstract: "Deliver accepted orders while everything is struck, and prove the books from outside.",
        discussion: """
            Starts redis-server, local-kafka, ten games of four kinds (idempotent or not, with a query or \
            without), Deliverers and a reconciler that may rebuild by itself. While the orders go out, \
            games hang, err, grant and hide it, throttle, drip, refuse and say 410; Deliverers are killed, \
            stopped, removed and added; limits change; Redis and the broker are killed, stopped and cut \
            off; now and then Redis is emptied or rolled back, or the broker is wiped, each with a clean \
            `reconciler verify` behind it.

            In the end the games, Kafka and Redis must agree: each order was granted exactly once or stands \
            in a named class, none was granted twice, no second held more than limit + burst, the ledger \
            adds up. The seed fixes who gets what and every blow; it is printed and can be given again.

            Exit codes: 0 where everything holds, 1 where something does not.
            """)

    @Option(help: "Orders.")
    var orders = 200_000
    @Option(help: "About how long it takes, in seconds, losses left out: limits follow from it.")
    var seconds = 100
    @Option(help: "Deliverers at once, 1...4.")
    var deliverers = 3
    @Option(help: "Blows that lose data.")
    var lossy = 3
    @OptionGroup var options: TortureRun

    func validate() throws {
        guard (100...1_000_000).contains(orders), (1...3600).contains(seconds), (1...4).contains(deliverers),
            (0...100).contains(lossy)
        else {
            throw ValidationError("orders 100...1000000, seconds 1...3600, deliverers 1...4, lossy 0...100")
        }
    }

    func run() async throws {
        Supervision.prepare()
        let seed = options.seed()
        let scale = DeliverScale(
            orders: orders, seconds: seconds, deliverers: deliverers, lossy: lossy, seed: seed)
        Terminal.say(
            "seed \(seed): \(orders.grouped) orders, \(deliverers) deliverers, "
                + "\(scale.totalPerSecond.grouped)/s in total, \(scale.gamePerSecond.grouped)/s a game")
        if options.plan {
            for fault in DeliverFault.schedule(scale) {
                Terminal.say("  at \(fault.atDelivery.grouped): \(fault)")
            }
            return
        }
        try await options.perform(seed: seed, prefix: "torture-deliver") { directory in
            let result = try await TortureDeliver.run(
                TortureDeliver.Options(scale: scale), in: directory, keepingFiles: options.keep
            ) { Terminal.say($0) }
            return .init(text: DeliverReport.text(result, Terminal.style), isClean: result.isClean)
        }
    }
}
