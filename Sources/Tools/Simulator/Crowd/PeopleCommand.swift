import ArgumentParser
import NIOCore
import NIOPosix
import ServiceShell

/// `simulator people`: a crowd against a stack that runs already.
struct PeopleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "people",
        abstract: "Let a crowd list and claim over real HTTP.",
        discussion: """
            Tickets and coupons are minted, a share of the profiles is put into Redis as a nightly batch \
            would, and everybody lists, chooses and claims; some repeat their claim, some try what must be \
            refused. A call that fails is made again until it has a final answer. Notes: accepted.ndjson \
            (every answer 202 or 200) and funnel.json, in notes_dir.

            Settings (YAML, or HONGBAO_<SECTION>_<KEY>): campaign (directory), seed (that of simulator \
            serve), people.count, people.valid_claims, people.seed, people.in_flight, \
            people.slow_per_mille, recommend.url, claim.url, redis.url, tickets.audience, \
            tickets.keys_file (with private keys), coupons.keys_file, notes_dir.

            Exit codes: 0 where every answer was right, 1 where one was not, 78 where a setting will not \
            do.
            """)

    @Option(help: "The settings file (YAML).")
    var config: String
    @Option(help: "How many people come; instead of people.count.")
    var count: Int?
    @Option(
        help: "The seed of who they are; instead of people.seed. The same people find their coupons spent.")
    var seed: UInt64?

    func run() async throws {
        Supervision.prepare()
        let crowd: Crowd
        do {
            let settings = try Settings.load(path: config)
            var read = try CrowdSettings.read(settings)
            try settings.finish()
            if count != nil || seed != nil {
                let people = count ?? read.plan.people
                let valid = read.plan.validClaims * people / max(1, read.plan.people)
                read.plan = CrowdPlan(
                    people: people, validClaims: valid, seed: seed ?? read.plan.seed,
                    slowPerMille: read.plan.slowPerMille)
            }
            crowd = try Crowd(read)
        } catch let fault as SettingsFault {
            Terminal.error("simulator people: \(fault)")
            throw ExitCode(78)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let known = try await crowd.preload(on: loop)
        Terminal.say("\(crowd.people.count) people, \(known) of them known to the nightly batch")
        let run = try crowd.prepare(on: loop)
        let ticker = loop.scheduleRepeatedTask(initialDelay: .seconds(2), delay: .seconds(2)) { _ in
            let now = run.progress.now
            Terminal.say("  \(now.finished) of \(now.people) done, \(now.accepted) accepted")
        }
        let result = try await crowd.run(run)
        ticker.cancel()
        try await group.shutdownGracefully()
        Terminal.say(DemoTables.funnel(result.funnel).text(Terminal.style))
        if result.funnel.wrongAnswers + result.funnel.gaveUp > 0 { throw ExitCode(1) }
    }
}
