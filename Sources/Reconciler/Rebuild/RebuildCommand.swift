import ArgumentParser
import OrderStore
import Telemetry

/// `reconciler rebuild`: makes one store whole again from the other.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Rebuilds Redis from Kafka, or Kafka from Redis, whichever has lost something.",
        discussion: """
            Redis needs it when it was emptied, restarted or rolled back, or when a replica took over: \
            nothing is claimed or sent meanwhile. Kafka needs it when its control topic no longer tells of \
            Redis's epoch; with --kafka it is compared and completed in any case, and so is Redis with \
            --redis: nothing is claimed or sent for as long as that takes. A rebuild that was cut short is \
            begun anew by the same command.

            Exit codes: 0 done, or nothing to do; 69 Redis or Kafka cannot be reached; 75 another rebuild is \
            under way or has taken over; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Flag(help: "Only say what would be done.")
    var dryRun = false
    @Flag(help: "Complete Kafka although it seems to have lost nothing; Redis must be open.")
    var kafka = false
    @Flag(help: "Rebuild Redis although it seems to have lost nothing: states that Kafka knows better.")
    var redis = false

    func validate() throws {
        guard !(kafka && redis) else { throw ValidationError("Say either --kafka or --redis.") }
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            try await CampaignStores.with(config) { stores in
                let rebuild = Rebuild(stores)
                switch try await rebuild.need() {
                case .nothing where redis:
                    let cause = "asked for by an operator"
                    if dryRun { return try await say(rebuild, .redis, epoch: 0) }
                    Console.say(try await rebuild.redis(cause: cause).table())
                case .nothing where !kafka:
                    Console.say("nothing to rebuild: redis is open and kafka knows its epoch")
                case .nothing:
                    let standing = try await stores.store.awaiting { store, then in
                        store.standing(then: then)
                    }
                    try await complete(rebuild, .kafka, epoch: standing.knownEpoch)
                case .opening:
                    Console.say("nothing to rebuild: the campaign is new")
                case .kafka(let epoch):
                    Console.say("kafka has lost the campaign")
                    try await complete(rebuild, .kafka, epoch: epoch)
                case .redis(let cause):
                    Console.say(cause)
                    if dryRun { return try await say(rebuild, .redis, epoch: 0) }
                    Console.say(try await rebuild.redis(cause: cause).table())
                }
            }
        }
    }

    private func complete(_ rebuild: Rebuild, _ what: RebuildReport.What, epoch: UInt16) async throws {
        if dryRun { return try await say(rebuild, what, epoch: epoch) }
        Console.say(try await rebuild.kafka(epoch: epoch).table())
    }

    private func say(_ rebuild: Rebuild, _ what: RebuildReport.What, epoch: UInt16) async throws {
        let beganNs = SystemClock.nowNs
        let plan = try await rebuild.plan(isLive: what == .kafka)
        Console.say(RebuildReport(what, epoch: epoch, plan, sinceNs: beganNs).table("would be rebuilt"))
    }
}
