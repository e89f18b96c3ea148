import ArgumentParser
import CampaignFiles
import Catalog
import Telemetry

/// `deliverer redrive`: sends rejected and expired orders again, in a batch that was looked at before.
struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Sends dead orders again; without --apply only says which, and writes them to a batch.",
        discussion: """
            Without --apply it counts by game and reason what would be sent, writes the batch to the file of \
            --batch, and prints its checksum. With --apply, the same filters and that checksum, the batch is \
            sent: each order's state goes from rejected or expired to queued, then a record with a fresh \
            deadline to its game's topic. Orders that were granted or redriven meanwhile are left alone; \
            voided ones and poison records are never sent.

            How far it has come stands in <batch>.progress: killed at any moment, the same command goes on \
            where it was. A batch that was applied to its end sends nothing again. Both ends of the act \
            stand in the control topic, by whom and why. A batch holds at most \(RedriveBatch.maxOrders) \
            orders.

            Exit codes: 0 done, or nothing to do; 64 usage; 65 the batch is not the one of the checksum or \
            of the filters, or is spoilt; 69 Redis or Kafka cannot be reached; 73 a file cannot be written; \
            75 not finished, give the same command again; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @OptionGroup var letters: LetterFilterOptions
    @Flag(help: "Orders of all games; this or --game must be said.")
    var allGames = false
    @Option(help: ArgumentHelp("The batch; written without --apply, read with it.", valueName: "file"))
    var batch: String
    @Option(help: "Orders in the batch at most; the oldest letters are taken.")
    var limit = RedriveBatch.maxOrders
    @Option(help: ArgumentHelp("Orders a second, at most, with --apply.", valueName: "number"))
    var rate = RedriveRun.defaultRate
    @Flag(help: "Really send.")
    var apply = false
    @Option(help: ArgumentHelp("The batch's checksum, as it was printed without --apply.", valueName: "sum"))
    var checksum: String?
    @Option(help: ArgumentHelp("Who sends them.", valueName: "name"))
    var by: String?
    @Option(help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String?

    func validate() throws {
        guard allGames != !letters.game.isEmpty else {
            throw ValidationError("Say either --game or --all-games.")
        }
        guard letters.outcome != .voided, letters.outcome != .poison else {
            throw ValidationError("Voided orders and poison records are never sent again.")
        }
        guard (1...RedriveBatch.maxOrders).contains(limit) else {
            throw ValidationError("--limit takes 1 to \(RedriveBatch.maxOrders).")
        }
        guard RedriveRun.rates.contains(rate) else {
            throw ValidationError(
                "--rate takes \(RedriveRun.rates.lowerBound) to \(RedriveRun.rates.upperBound).")
        }
        guard apply else { return }
        guard checksum != nil else {
            throw ValidationError("--apply needs the --checksum that was printed without it.")
        }
        try OperatorAct.check(by: by, reason: reason)
    }

    func run() async throws {
        try await DeskFault.exiting {
            try await DeskStores.with(config) { stores in
                let filter = try letters.filter(stores.catalog)
                if apply {
                    try await send(stores, filter)
                } else {
                    try await look(stores, filter)
                }
            }
        }
    }

    private func look(_ stores: DeskStores, _ filter: LetterFilter) async throws {
        let lock = DeskFile.exists(batch) ? try DeskLock(batch) : nil
        defer { withExtendedLifetime(lock) {} }
        if let progress = try RedriveProgress.load(batch), !progress.isFinished {
            throw DeskFault(
                DeskFault.badData,
                "\(batch) is a batch that was begun (\(progress.done) orders are through): apply it to its "
                    + "end, or name another file")
        }
        let plan = try await RedrivePlan.make(stores, filter, limit: limit, nowMs: SystemClock.nowMs)
        DeskOutput.say(RedriveWords.told(plan, stores.catalog))
        guard !plan.batch.entries.isEmpty else { return }
        try DeskFile.remove(RedriveProgress.path(of: batch))
        try DeskFile.replace(batch, plan.batch.encode())
        DeskOutput.say(
            "batch     \(batch)\nchecksum  \(plan.batch.checksum)\n"
                + "The same command with --apply --checksum, --by and --reason sends them, \(rate) a second.")
    }

    private func send(_ stores: DeskStores, _ filter: LetterFilter) async throws {
        let content = try RedriveBatch.decode(try FileBytes.read(batch, most: RedriveBatch.maxFileBytes))
        let sum = content.checksum
        guard sum == checksum else {
            throw DeskFault(DeskFault.badData, "\(batch): its checksum is \(sum), not \(checksum ?? "")")
        }
        guard content.campaign == stores.catalog.campaign.id else {
            throw DeskFault(DeskFault.badData, "\(batch): is of the campaign \(content.campaign)")
        }
        guard content.filter == filter.canonical else {
            throw DeskFault(DeskFault.badData, "\(batch): was made with other filters: \(content.filter)")
        }
        let progress = try await RedriveRun(
            stores: stores, batch: content, path: batch, by: by ?? "", reason: reason ?? "", perSecond: rate
        ).run()
        DeskOutput.say(RedriveWords.done(progress, orders: content.entries.count))
    }
}
