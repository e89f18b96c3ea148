import ArgumentParser
import CampaignFiles
import Catalog
import Profiles
import Telemetry

/// `simulator logs`: what a service would have noted while people with hidden tastes chose.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Write a log of impressions and claims from a hidden preference model.",
        discussion: """
            One visit a line, in the order of time: {"at": Unix ms, "user": "123", "games": [["game id", \
            registered at, Unix s], …], "shown": ["gift id", …] as they stood on the page, "claimed": \
            "gift id" or null}. People register, like and choose as the seed says: latent vectors of people \
            and packs, skewed popularity, a list that prefers its first places, and a choice by softmax over \
            what was shown. The same options give the same bytes.

            --truth writes what was hidden: {"gift", "theme", "appeal", "appeal_by_kind"} a pack, then \
            {"user", "taste"} a person, a line each.

            Exit codes: 0 written; 64 wrong usage; 73 a file cannot be written; 78 the campaign is faulty.
            """)

    @Option(help: ArgumentHelp("The campaign's directory.", valueName: "dir"))
    var campaign: String
    @Option(help: "How many people there are.")
    var people: Int
    @Option(help: "How many visits they make, all together.")
    var visits: Int
    @Option(help: "Everything follows from it.")
    var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Where the log goes.", valueName: "file"))
    var out: String
    @Option(help: ArgumentHelp("Where the hidden model goes.", valueName: "file"))
    var truth: String?

    static let maxPeople = 10_000_000
    static let maxVisits = 1_000_000_000

    func validate() throws {
        guard (1...Self.maxPeople).contains(people) else {
            throw ValidationError("--people must be 1 to \(Self.maxPeople)")
        }
        guard (0...Self.maxVisits).contains(visits) else {
            throw ValidationError("--visits must be 0 to \(Self.maxVisits)")
        }
    }

    func run() throws {
        do {
            let catalog = try CampaignDirectory.load(campaign, allowUnset: true)
            try write(catalog)
        } catch let fault as CampaignDirectory.Fault {
            Terminal.error("simulator logs: \(fault)")
            throw ExitCode(78)
        } catch let fault as FileFault {
            Terminal.error("simulator logs: \(fault)")
            throw ExitCode(73)
        }
    }

    private func write(_ catalog: Catalog) throws(FileFault) {
        let startNs = SystemClock.nowNs
        var script = VisitScript(people: people, visits: visits, seed: seed, catalog: catalog)
        var output = try LineOutput(out)
        var (written, claims) = (0, 0)
        while let visit = script.nextVisit() {
            let games = script.games(of: visit.person)
            try output.write(
                VisitLine.visit(
                    visit, user: script.firstUser + UInt64(visit.person), games: games, catalog: catalog))
            written += 1
            if visit.claimed != nil { claims += 1 }
            if written % 1_000_000 == 0 { Terminal.error("  \(written.grouped) visits") }
        }
        try output.finish()
        if let truth { try writeTruth(script, catalog, to: truth) }
        let tookMs = Double(SystemClock.nowNs - startNs) / 1e6
        Terminal.say(
            "\(written.grouped) visits of \(people.grouped) people, \(claims.grouped) claims, "
                + "seed \(seed), in \(tookMs.asMs)")
    }

    private func writeTruth(
        _ script: VisitScript, _ catalog: Catalog, to path: String
    ) throws(FileFault) {
        var output = try LineOutput(path)
        for gift in catalog.gifts { try output.write(VisitLine.gift(gift, script.taste)) }
        for person in 0..<people {
            let user = script.firstUser + UInt64(person)
            let taste = script.taste.taste(of: user, playing: script.games(of: person))
            try output.write(VisitLine.person(user, taste))
        }
        try output.finish()
    }
}
