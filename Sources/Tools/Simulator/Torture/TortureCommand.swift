import ArgumentParser
import Foundation
import Stack

/// `simulator torture`: claims under kills, stops, cuts and losses, and the proof that nothing came of it.
struct TortureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Claim without end while the house is struck, and prove the books from outside.",
        discussion: """
            Starts redis-server, local-kafka, two Claim processes and a reconciler that may rebuild by \
            itself. While people claim and repeat their claims, Claim and Redis are killed, the broker goes \
            down, processes stand still for seconds and connections are cut; now and then Redis is emptied \
            or rolled back, or the broker is wiped, each with a clean `reconciler verify` behind it.

            In the end Kafka, Redis and what people were told must agree: orders = packs, no coupon twice, \
            every 202 there, issued + left = stock, IDs unique. The seed fixes who claims what when and \
            every blow; it is printed and can be given again.

            Exit codes: 0 where everything holds, 1 where something does not.
            """)

    @Option(help: "Attempts at a claim.")
    var attempts = 1_000_000
    @Option(help: "People who claim.")
    var people = 100_000
    @Option(help: "Packs in stock, over all kinds of pack.")
    var packs = 50_000
    @Option(help: "Blows that lose nothing.")
    var mild = 28
    @Option(help: "Blows that lose data.")
    var lossy = 6
    @OptionGroup var options: TortureRun

    func validate() throws {
        guard (100...100_000_000).contains(attempts), (10...100_000_000).contains(people),
            (10...10_000_000).contains(packs), (0...10_000).contains(mild), (0...1000).contains(lossy)
        else {
            throw ValidationError("attempts must be at least 100, people and packs at least 10")
        }
    }

    func run() async throws {
        Supervision.prepare()
        let seed = options.seed()
        let scale = TortureScale(attempts: attempts, people: people, packs: packs, seed: seed)
        Terminal.say(
            "seed \(seed): \(attempts.grouped) attempts by \(people.grouped) people over "
                + "\(packs.grouped) packs, \(scale.coupons.grouped) coupons")
        for fault in TortureFault.schedule(seed: seed, attempts: attempts, lossy: lossy, mild: mild) {
            Terminal.say("  at \(fault.atAttempt.grouped): \(fault)")
        }
        if options.plan { return }
        let run = Torture.Options(scale: scale, lossy: lossy, mild: mild, writesNotes: options.keep)
        try await options.perform(seed: seed, prefix: "torture") { directory in
            let result = try await Torture.run(run, in: directory, keepingFiles: options.keep) {
                Terminal.say($0)
            }
            return .init(text: TortureReport.text(result, Terminal.style), isClean: result.isClean)
        }
    }
}
