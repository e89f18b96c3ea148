import ArgumentParser
import CampaignFiles
import Orders
import Wire

/// `reconciler plan`: what is done with a resend plan before it is applied.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Writes a plan to send again what is missing; approves one, or stops its application.",
        subcommands: [
            PlanMakeCommand.self, ShowCommand.self, PlanApproveCommand.self, ApplyCommand.self,
            PlanStopCommand.self,
        ], defaultSubcommand: PlanMakeCommand.self)
}

/// `reconciler plan [make]`: a reconciliation whose missing orders become a resend plan.
struct PlanMakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make",
        abstract: "Reconciles once and writes a plan to send again what is missing.",
        discussion: """
            The plan holds each missing order in full, with the reason, counts by game and a checksum. \
            Orders that may have been granted without anybody here knowing (their state is lost, or their \
            game's statement says so) are marked: their game is asked first. Nothing is sent: see \
            `reconciler show` and `reconciler apply`.

            Exit codes: 0 the plan is written, even if it is empty; 65, 69, 70, 73 and 78 as for `run`.
            """)

    @OptionGroup var cut: CutOptions
    @Option(help: ArgumentHelp("Where to write the plan (JSON).", valueName: "file"))
    var out: String

    func run() async throws {
        try await ReconcilerFault.exiting {
            let (report, second) = try await CampaignStores.with(cut.config) { stores in
                let report = try await cut.report(stores)
                let plan = ResendPlan(report.verdict, report.catalog)
                return (report, plan.needsSecond(stores.settings.resend, report.catalog))
            }
            Console.say(report.table())
            let plan = ResendPlan(report.verdict, report.catalog)
            do throws(FileFault) {
                try OutputFile.write(out, CollectionOfOne(plan.encode(report.catalog)))
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            Console.say("\(out): \(plan.entries.count) orders, checksum \(plan.checksum(report.catalog))")
            if let second { Console.say("a second person must approve it: \(second)") }
            let nameless = report.verdict.nameless.count
            if nameless > 0 { Console.say("\(nameless) missing orders cannot be sent: nobody holds them") }
        }
    }
}

/// `reconciler show`: what a plan would send again.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows what stands in a resend plan.",
        discussion: "Exit codes: 0; 65 the file cannot be read or is no plan.")

    @Argument(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String

    func run() async throws {
        try await ReconcilerFault.exiting {
            let bytes = try FileBytes.read(plan, most: ResendPlan.limits.maxBytes)
            let summary: ResendPlan.Summary
            do throws(ResendPlan.Fault) {
                summary = try ResendPlan.summary(bytes)
            } catch {
                throw ReconcilerFault(ReconcilerFault.badData, "\(plan): \(error)")
            }
            var rows = [
                ["campaign", summary.campaign], ["cut", UTCTimestamp.rfc3339(unixMs: summary.cutAtMs)],
                ["orders", "\(summary.orders)"], ["value", "\(summary.value)"],
            ]
            rows += summary.reasons.sorted { $0.key < $1.key }.map { ["  \($0.key)", "\($0.value)"] }
            if summary.asksFirst > 0 { rows.append(["game is asked first", "\(summary.asksFirst)"]) }
            var lines = [["game", "gift", "orders", "amount"]]
            lines += summary.lines.map { [$0.game, $0.gift, "\($0.orders)", "\($0.amount)"] }
            Console.say(Console.table(rows) + "\n\n" + Console.table(lines))
            Console.say("\nchecksum  \(summary.checksum)")
        }
    }
}
