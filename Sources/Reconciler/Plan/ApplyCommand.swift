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
            not sent. The act is written to the campaign's control topic before and after, by whom and why; \
            a plan that was applied to its end sends nothing again.

            Exit codes: 0 done, or nothing left to do; 65 the plan cannot be read, was changed, or is not \
            the one that the checksum names; 69 Redis or Kafka cannot be reached; 75 not finished, apply it \
            again; 78 a setting will not do.
            """)

    @Argument(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String
    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(help: "The plan's checksum, as `show` prints it.")
    var checksum: String
    @Option(help: ArgumentHelp("Who applies it; 1 to 64 bytes.", valueName: "name"))
    var by: String
    @Option(help: ArgumentHelp("Why; 1 to 1000 bytes.", valueName: "text"))
    var reason: String
    @Flag(help: "Really send.")
    var yes = false

    func validate() throws {
        guard (1...64).contains(by.utf8.count), (1...1000).contains(reason.utf8.count) else {
            throw ValidationError("--by takes 1 to 64 bytes and --reason 1 to 1000.")
        }
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            try await CampaignStores.with(config) { stores in
                let bytes = try FileBytes.read(plan, most: ResendPlan.limits.maxBytes)
                let resend: Resend
                do throws(ResendPlan.Fault) {
                    let (content, sum) = try ResendPlan.decode(bytes, stores.catalog)
                    guard sum == checksum else {
                        throw ResendPlan.Fault("its checksum is \(sum), not \(checksum)")
                    }
                    resend = Resend(stores: stores, plan: content, checksum: sum)
                } catch {
                    throw ReconcilerFault(ReconcilerFault.badData, "\(plan): \(error)")
                }
                try await apply(resend)
            }
        }
    }

    private func apply(_ resend: Resend) async throws {
        if case .resend(_, let orders, _, let name, let why, _)? = try await resend.wasDone() {
            return Console.say(
                "applied before by \(name) (\(why)): \(orders) orders were sent, nothing is sent now")
        }
        let decision = try await resend.decide()
        for (state, orders) in decision.passed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            Console.say("left alone: \(orders) \(state.name)")
        }
        guard !decision.due.isEmpty else { return Console.say("nothing is left to send") }
        guard yes else {
            return Console.say("would send \(decision.due.count) orders; --yes sends them")
        }
        try await resend.send(decision.due, by: by, reason: reason)
        Console.say("sent \(decision.due.count) orders")
    }
}
