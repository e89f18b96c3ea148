import ArgumentParser
import Foundation
import Glibc
import Stack

/// `simulator keep`: the supervisor behind `up`, in the background until it is told to stop.
struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Keep a stack running until SIGTERM; started by up.",
        shouldDisplay: false)

    @Option(help: "The directory of runs.")
    var runs = ".run"

    func run() async throws {
        Supervision.prepare()
        let standing = StandingRun(runs: runs)
        let run = try RunDirectory.claim(base: runs, name: StandingRun.name)
        guard let own = ProcessIdentity(of: getpid()) else {
            throw StackFailure("cannot read my own identity")
        }
        try own.text.write(toFile: standing.identityFile, atomically: true, encoding: .utf8)
        let seed = UInt64.random(in: 1...0xFFFF_FFFF)
        let (plan, catalog) = try HouseMaking.make(in: run, seed: seed, isolated: false)
        let house = House(plan: plan, run: run) { Terminal.say($0.text) }
        let interrupt = Interrupt { _ in
            house.stop(keepingFiles: false)
            unlink(standing.identityFile)
        }
        defer { withExtendedLifetime(interrupt) {} }
        do {
            try house.start { Terminal.say($0) }
            let welcome = try await Welcome.prepare(house, catalog)
            try NotesFile.write(welcome, to: standing.welcomeFile, mode: 0o600)
            while house.failure == nil { try await Task.sleep(for: .seconds(1)) }
            throw StackFailure(house.failure ?? "")
        } catch {
            Terminal.say("stopped: \(error)")
            house.stop(keepingFiles: true)
            unlink(standing.identityFile)
            throw ExitCode(1)
        }
    }
}
