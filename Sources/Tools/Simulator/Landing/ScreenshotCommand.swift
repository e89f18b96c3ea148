import ArgumentParser
import Stack

/// `simulator screenshot`: pictures of the landing page, on a private stack.
struct ScreenshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "screenshot",
        abstract: "Take pictures of the landing page, in English and Chinese, on a private stack.",
        discussion: """
            Starts the same stack as the demo's, opens the page in a headless Chromium as two people with \
            a coupon each, claims, waits until the gifts are delivered, and writes list, confirm and \
            delivered as <language>-<what>.png.
            """)

    @Option(help: "The directory of the pictures.")
    var to = ".run/screenshots"
    @Option(help: "The seed of people and roles: the same seed shows the same people.")
    var seed: UInt64 = 8
    @Option(help: "The directory of runs.")
    var runs = ".run"

    func run() async throws {
        Supervision.prepare()
        let run = try RunDirectory.claimUnique(base: runs, prefix: "screenshot")
        let (plan, catalog) = try HouseMaking.make(in: run, seed: seed, isolated: true)
        let house = House(plan: plan, run: run) { Terminal.say("  \($0.text)") }
        let interrupt = Interrupt { _ in house.stop(keepingFiles: false) }
        defer { withExtendedLifetime(interrupt) {} }
        do {
            try house.start { Terminal.say($0) }
            let book = try GuestBook(house: house, catalog: catalog)
            for path in try await Photographer(book: book, target: to).work() { Terminal.say(path) }
            house.stop(keepingFiles: false)
        } catch {
            house.stop(keepingFiles: true)
            Terminal.error("no pictures: \(error)\nlogs: \(run.path)")
            throw ExitCode(1)
        }
    }
}
