import ArgumentParser
import CampaignFiles
import Orders
import Wire

/// `reconciler apply`: sends a plan's orders again.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract:
            "Sends a plan's orders again, under their own IDs; without --yes only says what it would do.",
        discussion: """
            Each order is looked up once more: what has ended by now, is being tried or waits elsewhere is \
            not sent. What may have been granted is marked as unknown first, so that its game is asked. The \
            act is written to the campaign's control topic before and after, by whom and why; a plan that \
            was applied to its end sends nothing again. Killed, or stopped by SIGINT, SIGTERM or \
            `reconciler plan stop`, it goes on when the same plan is applied again.

            A plan of more orders than resend.orders_alone, or worth more than resend.value_alone, needs the \
            word of somebody else first: `reconciler plan approve`.

            Exit codes: 0 done, or nothing left to do; 65 the plan cannot be read, was changed, or is not \
            the one that the checksum names; 69 Redis or Kafka cannot be reached; 75 not finished, apply it \
            again; 77 somebody else must approve it first; 78 a setting will not do.
            """)

    @OptionGroup var file: PlanFile
    @Option(help: ArgumentHelp("Orders a second; by default resend.per_second.", valueName: "number"))
    var rate: Double?
    @Flag(help: "Only say what would be sent: the default.")
    var dryRun = false
    @Flag(help: "Really send.")
    var yes = false

    func validate() throws {
        guard ResendSettings.rates.contains(rate ?? 1) else {
            let rates = ResendSettings.rates
            throw ValidationError("--rate takes \(rates.lowerBound) to \(rates.upperBound).")
        }
        guard !(dryRun && yes) else { throw ValidationError("Say either --dry-run or --yes.") }
    }

    func run() async throws {
        if yes { Interruption.listen() }
        try await ReconcilerFault.exiting {
            try await CampaignStores.with(file.config) { stores in
                let plan = try file.read(stores)
                guard let lock = try FileLock.take(file.plan) else {
                    throw ReconcilerFault(
                        ReconcilerFault.again, "\(file.plan): another run is at work with it")
                }
                defer { withExtendedLifetime(lock) {} }
                let run = ResendRun(
                    stores: stores, plan: plan, checksum: file.checksum, by: file.by, reason: file.reason,
                    perSecond: rate ?? stores.settings.resend.perSecond,
                    isInterrupted: { Interruption.isAsked })
                if yes { try await send(run) } else { try await look(run) }
            }
        }
    }

    private func look(_ run: ResendRun) async throws {
        if let done = try await run.acts().last(where: { $0.phase == .done }) { return say(done) }
        let decision = try await run.look()
        say(decision.passed)
        guard !decision.due.isEmpty else { return Console.say("nothing is left to send") }
        Console.say("would send \(decision.due.count) orders; --yes sends them")
        let asks = decision.due.count(where: \.asksFirst)
        if asks > 0 { Console.say("of \(asks) their games are asked first") }
        if let why = run.plan.needsSecond(run.stores.settings.resend, run.stores.catalog) {
            Console.say("a second person must approve it: \(why)")
        }
    }

    private func send(_ run: ResendRun) async throws {
        let result = try await run.run()
        if let done = result.doneBefore { return say(done) }
        say(result.passed)
        Console.say("sent \(result.sent) orders")
    }

    private func say(_ done: ResendRun.ResendAct) {
        Console.say(
            "applied before by \(done.by) (\(done.reason)): \(done.orders) orders were sent, nothing is sent "
                + "now")
    }

    private func say(_ passed: [String: Int]) {
        for (why, orders) in passed.sorted(by: { $0.key < $1.key }) {
            Console.say("left alone: \(orders) \(why)")
        }
    }
}
