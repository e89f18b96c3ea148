import ArgumentParser
import Foundation
import Glibc
import Stack

/// `simulator up`: a stack that stays.
struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the same stack as the demo's and leave it running in the background.",
        discussion: """
            Prints the URLs, a login ticket and a coupon ready to claim with. Where it runs already, it \
            prints the same once more. simulator down stops it.
            """)

    private static let patience: Duration = .seconds(90)

    @Option(help: "The directory of runs.")
    var runs = ".run"

    func run() throws {
        Supervision.prepare()
        let standing = StandingRun(runs: runs)
        if standing.supervisor == nil {
            // What a crashed run left would be taken for this one's.
            unlink(standing.welcomeFile)
            try standing.startSupervisor()
        }
        let deadline = Deadline(after: Self.patience)
        var wasSeen = false
        while !deadline.hasPassed {
            let lives = standing.supervisor != nil
            if lives, let welcome = standing.welcome {
                Terminal.say(welcome)
                return
            }
            if wasSeen, !lives { break }
            wasSeen = wasSeen || lives
            usleep(100_000)
        }
        Terminal.error("the stack did not come up; \(standing.logFile) ends with:\n\(standing.logTail)")
        throw ExitCode(1)
    }
}

/// `simulator down`: stops what `up` started, and clears what a crash left of it.
struct DownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop the stack that up left running, and clear up after a crashed one.")

    private static let patience: Duration = .seconds(40)

    @Option(help: "The directory of runs.")
    var runs = ".run"

    func run() throws {
        Supervision.prepare()
        let standing = StandingRun(runs: runs)
        let supervisor = standing.supervisor
        if let supervisor {
            kill(supervisor.pid, SIGTERM)
            let deadline = Deadline(after: Self.patience)
            while standing.lives(supervisor), !deadline.hasPassed { usleep(50_000) }
            // Its children end with it.
            supervisor.kill(within: .seconds(10))
        }
        // Claiming the directory ends whatever still runs of a crashed stack.
        try RunDirectory.claim(base: runs, name: StandingRun.name).release()
        Terminal.say(supervisor == nil ? "nothing was running" : "stopped")
    }
}
