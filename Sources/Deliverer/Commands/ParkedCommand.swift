import ArgumentParser
import Catalog
import Orders
import Telemetry

/// `deliverer parked`: orders of which nothing but a person can find out whether they were granted.
struct ParkedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parked", abstract: "Orders that wait for a person: listed, and settled by hand.",
        subcommands: [ParkedListCommand.self, ParkedSettleCommand.self])
}

/// `deliverer parked list`.
struct ParkedListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the parked orders, with what their game's people need.",
        discussion: """
            Found by their states in Redis; claims are walked only in shards that have some. Changes nothing.

            Exit codes: 0; 65 no such game; 69 Redis cannot be reached; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(help: ArgumentHelp("Only orders of this game; may be given several times.", valueName: "id"))
    var game: [String] = []
    @Option(help: "Orders to show at most.")
    var limit = 1_000
    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard (1...ParkedReading.maxListed).contains(limit) else {
            throw ValidationError("--limit takes 1 to \(ParkedReading.maxListed).")
        }
    }

    func run() async throws {
        try await DeskFault.exiting {
            try await DeskStores.with(config) { stores in
                try LetterFilterOptions.known(game, stores.catalog)
                let games = Set(game.compactMap { stores.catalog.game(id: $0)?.slot })
                let found = try await ParkedReading.all(stores, games: games, limit: limit)
                let report = ParkedReport(
                    catalog: stores.catalog, orders: found.orders, beyond: found.beyond,
                    nowMs: SystemClock.nowMs)
                DeskOutput.say(json ? String(decoding: report.json, as: UTF8.self) : report.text)
            }
        }
    }
}

/// `deliverer parked settle`.
struct ParkedSettleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Settles parked orders by what their game's people say; without --apply only says what.",
        discussion: """
            Granted ones are delivered from then on. Those that were not granted are sent again, with a \
            fresh deadline. The word is written to the control topic first, by whom and why. An order that \
            is not parked is refused and left as it is, and the others are settled. The same command given \
            twice does nothing twice. At most \(ParkedSettlement.maxOrders) orders at a time.

            Exit codes: 0 done; 64 usage; 65 some orders were refused; 69 Redis or Kafka cannot be reached; \
            75 not finished, give the same command again; 78 a setting will not do.
            """)

    @Argument(help: ArgumentHelp("Orders, as `parked list` names them.", valueName: "order"))
    var orders: [String] = []
    @Option(help: ArgumentHelp("A file of orders, one a line.", valueName: "file"))
    var from: String?
    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Flag(help: "Their game has granted them.")
    var granted = false
    @Flag(help: "Their game has not granted them: send them again.")
    var notGranted = false
    @Flag(help: "Really settle.")
    var apply = false
    @Option(help: ArgumentHelp("Who settles them.", valueName: "name"))
    var by: String?
    @Option(help: ArgumentHelp("How it was found out.", valueName: "text"))
    var reason: String?

    func validate() throws {
        guard granted != notGranted else { throw ValidationError("Say either --granted or --not-granted.") }
        guard !orders.isEmpty || from != nil else {
            throw ValidationError("Name orders, or a file by --from.")
        }
        if apply { try OperatorAct.check(by: by, reason: reason) }
    }

    func run() async throws {
        try await DeskFault.exiting {
            let named = try OrderList.read(orders, file: from, most: ParkedSettlement.maxOrders)
            try await DeskStores.with(config) { stores in
                if apply { try await stores.demandOpen() }
                let settlement = ParkedSettlement(
                    stores: stores, isGranted: granted, by: by ?? "", reason: reason ?? "")
                let decisions = try await settlement.decide(named)
                let changed = apply ? try await settlement.apply(decisions) : []
                try tell(decisions, changed)
            }
        }
    }

    private func tell(
        _ decisions: [(order: OrderID, due: ParkedSettlement.Due)], _ changed: [(OrderID, OrderState)]
    ) throws {
        var (done, refused) = (0, changed.count)
        for (order, due) in decisions {
            switch due {
            case .settle, .send: done += 1
            case .settledBefore(let state): DeskOutput.say("\(order): settled so before; it is \(state.name)")
            case .refused(let why):
                refused += 1
                DeskOutput.warn("\(order): refused: \(why)")
            }
        }
        for (order, state) in changed { DeskOutput.warn("\(order): refused: it is \(state.name) by now") }
        done -= changed.count
        let verdict = granted ? "granted" : "not granted, to be sent again"
        DeskOutput.say("\(apply ? "settled" : "would settle") \(done) orders as \(verdict)")
        if !apply, done > 0 { DeskOutput.say("--apply with --by and --reason settles them") }
        if refused > 0 { throw ExitCode(DeskFault.badData) }
    }
}
