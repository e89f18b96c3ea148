import ArgumentParser
import Foundation
import Logging
import Stack

/// `simulator demo`: the whole festival in a minute, on a private stack.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the demo campaign with faults and kills on a private stack, and check the ledger.",
        discussion: """
            Starts redis-server and local-kafka (or uses HONGBAO_REDIS_URL and HONGBAO_KAFKA_BOOTSTRAP, \
            under a campaign id of its own), the games, and the services; lets a crowd claim; makes games \
            fail, kills services, loses records on purpose; reconciles; and prints what clients and games \
            saw.

            Writes .run/ledger.json. Exits 0 only if the ledger balances and the loss was found and \
            healed.
            """)

    @Option(help: "How many people come.")
    var people = 30_000
    @Option(help: "How many of them come with a valid claim.")
    var validClaims = 20_000
    @Option(help: "The seed of people, roles and faults; by default another one each time.")
    var seed: UInt64?
    @Option(help: "The directory of runs.")
    var runs = ".run"
    @Flag(help: "Leave logs and settings of the run for reading.")
    var keep = false

    func validate() throws {
        guard (1...10_000_000).contains(people), (0...people).contains(validClaims) else {
            throw ValidationError("valid claims must be 0...people, people 1...10000000")
        }
    }

    func run() async throws {
        Supervision.prepare()
        let run = try RunDirectory.claimUnique(base: runs, prefix: "demo")
        // The books of an earlier run must not be taken for this one's.
        unlink("\(runs)/ledger.json")
        let seed = seed ?? .random(in: 1...0xFFFF_FFFF)
        let (plan, catalog) = try HouseMaking.make(in: run, seed: seed, isolated: true)
        let house = House(plan: plan, run: run) { Terminal.say("  \($0.text)") }
        let keep = keep
        let interrupt = Interrupt { _ in
            Terminal.error("\ninterrupted: stopping everything")
            house.stop(keepingFiles: keep)
        }
        defer { withExtendedLifetime(interrupt) {} }
        Terminal.say("seed \(seed), run directory \(run.path)")
        let demo = Demo(
            house: house, catalog: catalog,
            options: Demo.Options(people: people, validClaims: validClaims, seed: seed))
        do {
            let result = try await demo.run()
            house.stop(keepingFiles: keep || !result.complaints.isEmpty)
            try NotesFile.write(result.encode() + [UInt8(ascii: "\n")], to: "\(runs)/ledger.json")
            show(result)
            guard result.complaints.isEmpty else {
                Terminal.say("logs: \(run.path)")
                throw ExitCode(1)
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            house.stop(keepingFiles: true)
            Terminal.error("the demo failed: \(error)\nlogs: \(run.path)")
            throw ExitCode(1)
        }
    }

    private func show(_ result: DemoResult) {
        let style = Terminal.style
        Terminal.say("")
        Terminal.say(DemoTables.funnel(result.funnel).text(style))
        Terminal.say("")
        Terminal.say(DemoTables.games(result.report, waits: result.waits).text(style))
        Terminal.say("")
        Terminal.say(DemoTables.ledger(result.audit, style))
        Terminal.say("")
        let kills = result.restarts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        Terminal.say("  started again after a kill: \(kills.joined(separator: ", "))")
        Terminal.say(
            "  lost on purpose \(result.lostOnPurpose), found \(result.found), sent again \(result.resent),"
                + " missing afterwards \(result.missingAfterwards)")
        for complaint in result.complaints {
            Terminal.say("  " + style.paint("NOT RIGHT: \(complaint)", .red))
        }
        if result.complaints.isEmpty { Terminal.say("  " + style.paint("The ledger balances.", .green)) }
        Terminal.say("  written to \(runs)/ledger.json, after \(String(format: "%.1f s", result.seconds))")
    }
}

/// What every supervisor of ours does first.
enum Supervision {
    static func prepare() {
        // A peer that is gone is an error of the write, not a signal.
        signal(SIGPIPE, SIG_IGN)
        // Adapters speak of every connection; here only what goes wrong matters.
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .error
            return handler
        }
    }
}
