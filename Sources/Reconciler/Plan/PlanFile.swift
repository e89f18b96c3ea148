import ArgumentParser
import CampaignFiles
import OrderLog
import OrderStore
import Orders
import Redis
import Wire

/// The plan that an operator means, and who means it.
struct PlanFile: ParsableArguments {
    @Argument(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String
    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(help: "The plan's checksum, as `show` prints it.")
    var checksum: String
    @Option(help: ArgumentHelp("Who does it; 1 to 64 bytes.", valueName: "name"))
    var by: String
    @Option(help: ArgumentHelp("Why; 1 to 1000 bytes.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard (1...64).contains(by.utf8.count), (1...1000).contains(reason.utf8.count),
            by.contains(where: { !$0.isWhitespace })
        else {
            throw ValidationError("--by takes 1 to 64 bytes, not only blanks, and --reason 1 to 1000.")
        }
    }

    /// Reads the plan; what was looked at must be what stands there.
    func read(_ stores: CampaignStores) throws -> ResendPlan {
        let bytes = try FileBytes.read(plan, most: ResendPlan.limits.maxBytes)
        do throws(ResendPlan.Fault) {
            let (content, sum) = try ResendPlan.decode(bytes, stores.catalog)
            guard sum == checksum else {
                throw ResendPlan.Fault("its checksum is \(sum), not \(checksum)")
            }
            return content
        } catch {
            throw ReconcilerFault(ReconcilerFault.badData, "\(plan): \(error)")
        }
    }

    /// Writes to `.control` what is done with it.
    func tell(_ phase: ControlRecord.ResendPhase, orders: Int, _ stores: CampaignStores) async throws {
        let append = try AcknowledgedAppend(
            options: try stores.settings.kafka.options(), loop: stores.store.redis.loop, logger: stores.logger
        )
        let record = OutgoingRecord.act(
            on: checksum, phase, orders: orders, by: by, reason: reason, stores.catalog)
        do {
            try await append.append([record])
        } catch {
            await append.close()
            throw error
        }
        await append.close()
    }
}

/// `reconciler plan approve`: the second person's word.
struct PlanApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Says that somebody has looked at a plan and agrees; kept in the control topic.",
        discussion: """
            A plan of more orders than resend.orders_alone, or worth more than resend.value_alone, is \
            applied only when somebody other than the one who applies it has approved it.

            Exit codes: 0 written down; 65 the plan cannot be read, was changed, or is not the one that the \
            checksum names; 69 Redis or Kafka cannot be reached; 78 a setting will not do.
            """)

    @OptionGroup var file: PlanFile

    func run() async throws {
        try await ReconcilerFault.exiting {
            try await CampaignStores.with(file.config) { stores in
                let plan = try file.read(stores)
                try await file.tell(.approved, orders: plan.entries.count, stores)
                Console.say("approved by \(file.by): \(plan.entries.count) orders")
            }
        }
    }
}

/// `reconciler plan stop`: whoever applies the plan now is to stop.
struct PlanStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Asks whoever applies a plan now to stop, wherever that is.",
        discussion: """
            It is written to the control topic; the application of the plan ends within seconds, between two \
            windows, with exit code 75, and goes on when the plan is applied again.

            Exit codes: as for `approve`.
            """)

    @OptionGroup var file: PlanFile

    func run() async throws {
        try await ReconcilerFault.exiting {
            try await CampaignStores.with(file.config) { stores in
                let plan = try file.read(stores)
                try await file.tell(.stop, orders: plan.entries.count, stores)
                Console.say("whoever applies it is asked to stop")
            }
        }
    }
}
