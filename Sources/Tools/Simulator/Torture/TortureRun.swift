import ArgumentParser
import Stack

/// What both tortures are told, and how they end.
struct TortureRun: ParsableArguments {
    /// What came of one: a text to read, and whether everything that must hold holds.
    struct Outcome {
        var text: String
        var isClean: Bool
    }

    @Option(name: .customLong("seed"), help: "The seed of everything; by default another one each time.")
    var fixedSeed: UInt64?
    @Option(help: "The directory of runs.")
    var runs = ".run"
    @Flag(help: "Show the schedule and do nothing.")
    var plan = false
    @Flag(help: "Leave logs, settings and, of claims, every answer for reading.")
    var keep = false

    /// The one that was given, or a new one.
    func seed() -> UInt64 { fixedSeed ?? .random(in: 1...0xFFFF_FFFF) }

    /// Runs one in a directory of its own, which an interrupt leaves as it is, and says what came of it.
    ///
    /// - Throws: `ExitCode` 1 where it broke off or something does not hold.
    func perform(
        seed: UInt64, prefix: String, _ body: (RunDirectory) async throws -> Outcome
    ) async throws {
        let directory = try RunDirectory.claimUnique(base: runs, prefix: prefix)
        let interrupt = Interrupt { _ in
            Terminal.error("\ninterrupted")
            directory.release(keepingFiles: true)
        }
        defer { withExtendedLifetime(interrupt) {} }
        let outcome: Outcome
        do {
            outcome = try await body(directory)
        } catch {
            Terminal.error("the torture broke off: \(error)\nseed \(seed), logs: \(directory.path)")
            throw ExitCode(1)
        }
        Terminal.say(outcome.text)
        guard outcome.isClean else {
            Terminal.say("seed \(seed), logs: \(directory.path)")
            throw ExitCode(1)
        }
        Terminal.say("everything holds; seed \(seed)")
    }
}
