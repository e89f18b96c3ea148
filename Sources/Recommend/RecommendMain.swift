import ArgumentParser
import ServiceShell

// Recommend: which gift packs, for whom, in which order.
//
// What it does. A person with a login ticket asks for the list; Recommend answers with every gift pack of the
// campaign in that person's order, each with whether it can be claimed now and as whom the person plays
// there. It also serves the pages of StaticData/web.
//
// The states of a request. Ticket verified (no I/O) → profile found: in the loop's cache, else in Redis (one
// MGET for all misses of a tick), else from the games' role services (each asked once a person, in turns, at
// most so many at once) → judged, gift by gift, by the same code that Claim asks → ordered by what can be
// claimed, then by preference → answered.
//
// Its promises. The list and the claim agree (promise 8), because eligibility is one piece of code. What
// cannot be known is `"unknown"` and the answer says `degraded`; nothing is guessed. One game's slow role
// service costs the others nothing (promise 7). Nobody's list is anybody else's: a ticket names one person,
// and a stored profile's checksum names its owner.
//
// When things fail. Redis away: role services are asked, answers are marked degraded, and what Redis may hold
// is not written over. A role service slow: after the deadline the list goes out without that game; its late
// answer is kept. A role service failing: it is left alone for a second, then tried with one question. A
// damaged profile: counted, taken for absent, written anew. Stock not read: the last known is shown, and
// Claim has the last word. SIGTERM: the port drains, exit 0. Recommend holds nothing that would be missed
// when it dies.

@main
struct RecommendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Lists gift packs, and checks the files that they come from.",
        discussion: """
            docs/openapi.yaml describes the HTTP interface, docs/OPERATIONS.md the settings, \
            StaticData/schema the campaign's files.
            """,
        subcommands: [Serve.self, Check.self, LoadProfiles.self, Train.self, Evaluate.self])

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves GET /v1/gifts and the pages until SIGTERM.",
            discussion: """
                Settings come from a YAML file; each may be overridden by an environment variable: redis.url \
                by HONGBAO_REDIS_URL, profiles.deadline by HONGBAO_PROFILES_DEADLINE. \
                \(RecommendSettings.help)

                Exit codes: 0 stopped by SIGTERM in time; 1 failed; 78 a setting will not do (standard error \
                names it and what would).
                """)

        @Option(name: .long, help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
        var config: String

        func run() async throws {
            await ServiceProcess.run(name: "recommend", configPath: config) { context in
                try RecommendService.parts(context)
            }
        }
    }
}
