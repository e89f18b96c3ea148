import ArgumentParser
import CampaignFiles
import Orders
import Wire

/// `reconciler plan`: a reconciliation whose missing orders become a resend plan.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Reconciles once and writes a plan to send again what is missing.",
        discussion: """
            The plan holds each missing order in full, with the reason, counts by game and a checksum. \
            Nothing is sent: see `reconciler show` and `reconciler apply`.

            Exit codes: 0 the plan is written, even if it is empty; 69, 70, 73 and 78 as for `run`.
            """)

    @OptionGroup var cut: CutOptions
    @Option(help: ArgumentHelp("Where to write the plan (JSON).", valueName: "file"))
    var out: String

    func run() async throws {
        try await ReconcilerFault.exiting {
            let report = try await CampaignStores.with(cut.config) { try await cut.report($0) }
            Console.say(report.table())
            let plan = ResendPlan(report.verdict, report.catalog)
            do throws(FileFault) {
                try OutputFile.write(out, CollectionOfOne(plan.encode(report.catalog)))
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            Console.say("\(out): \(plan.entries.count) orders, checksum \(plan.checksum(report.catalog))")
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
                ["orders", "\(summary.orders)"],
            ]
            rows += summary.counts.map { ["  to \($0.game)", "\($0.orders)"] }
            rows += summary.reasons.map { ["  \($0.name)", "\($0.orders)"] }
            rows.append(["checksum", summary.checksum])
            Console.say(Console.table(rows))
        }
    }
}

/// `reconciler audit`: who sent what again, when and why.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Lists the resends that the campaign's control topic tells of.",
        discussion: "Exit codes: 0; 69 Redis or Kafka cannot be reached; 78 a setting will not do.")

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String

    func run() async throws {
        try await ReconcilerFault.exiting {
            let acts = try await CampaignStores.with(config) { try await Resend.acts($0) }
            guard !acts.isEmpty else { return Console.say("no resends") }
            for case .resend(let plan, let orders, let phase, let name, let reason, let atMs) in acts {
                let time = UTCTimestamp.rfc3339(unixMs: atMs)
                Console.say("\(time)  \(phase.rawValue)  \(orders) orders  by \(name)  \(plan)  \(reason)")
            }
        }
    }
}
