import Foundation
import Glibc
import Synchronization
import Testing

@testable import Stack

@Suite("Stack: run directories")
struct RunDirectoryTests {
    @Test("a directory has one owner, and is empty for the next")
    func oneOwner() throws {
        try withRun { run in
            let first = try RunDirectory.claim(base: run.path, name: "demo")
            try Data("old".utf8).write(to: URL(fileURLWithPath: "\(first.path)/file"))
            #expect(throws: StackFailure.self) { try RunDirectory.claim(base: run.path, name: "demo") }
            first.release(keepingFiles: true)
            #expect(FileManager.default.fileExists(atPath: "\(first.path)/file"))
        }
    }

    @Test("what a crashed run left is killed and removed; others' processes and directories are not")
    func staleRuns() throws {
        try withRun { run in
            let left = try startShell("exec sleep 600", name: "left", in: run)
            let innocent = try startShell("exec sleep 600", name: "innocent", in: run)
            // A directory as a crash leaves it: the lock file is there and nobody holds it.
            let stale = "\(run.path)/demo-1"
            try FileManager.default.createDirectory(
                atPath: "\(stale)/pids", withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: "\(stale)/lock"))
            var recycled = innocent.identity
            recycled.startTicks -= 1
            let files = [
                "left": left.identity.text, "recycled": recycled.text, "torn": "12", "init": "1 0 boot\n",
            ]
            for (name, text) in files {
                try text.write(toFile: "\(stale)/pids/\(name).pid", atomically: false, encoding: .utf8)
            }
            let living = try RunDirectory.claim(base: run.path, name: "demo-2")

            #expect(RunDirectory.removeStale(base: run.path, prefix: "demo") == ["demo-1"])
            #expect(left.waitForExit(within: .seconds(30)) == .signal(SIGKILL))
            #expect(innocent.isRunning)
            #expect(!FileManager.default.fileExists(atPath: stale))
            #expect(FileManager.default.fileExists(atPath: living.path))
            living.release()
            #expect(!FileManager.default.fileExists(atPath: living.path))
        }
    }

    @Test("claiming the name of a crashed run cleans it first")
    func claimStale() throws {
        try withRun { run in
            let left = try startShell("exec sleep 600", name: "left", in: run)
            do {
                let crashed = try RunDirectory.claim(base: run.path, name: "demo")
                try crashed.record(left.identity, as: "left")
                try Data("old".utf8).write(to: URL(fileURLWithPath: "\(crashed.path)/file"))
                // Dropped without release, as a crash does: the lock goes, the files stay.
            }
            let next = try RunDirectory.claim(base: run.path, name: "demo")
            #expect(left.waitForExit(within: .seconds(30)) == .signal(SIGKILL))
            #expect(!FileManager.default.fileExists(atPath: "\(next.path)/file"))
            #expect(next.recorded().isEmpty)
            next.release()
        }
    }

    @Test("many claim at once: all get directories of their own")
    func concurrentClaims() throws {
        try withRun { run in
            let claimed = Mutex<Set<String>>([])
            DispatchQueue.concurrentPerform(iterations: 40) { _ in
                guard let directory = try? RunDirectory.claimUnique(base: run.path, prefix: "demo") else {
                    return
                }
                claimed.withLock { _ = $0.insert(directory.path) }
                directory.release()
            }
            #expect(claimed.withLock { $0.count } == 40)
            #expect(RunDirectory.removeStale(base: run.path, prefix: "demo").isEmpty)
        }
    }

    @Test("an identity is the number, the start and the boot")
    func identity() throws {
        let own = try #require(ProcessIdentity(of: getpid()))
        #expect(own.isRunning && ProcessIdentity(text: own.text) == own)
        var other = own
        other.startTicks += 1
        #expect(!other.isRunning && !other.kill(within: .seconds(1)))
        other = own
        other.boot = "another"
        #expect(!other.isRunning && !other.kill(within: .seconds(1)))
        #expect(ProcessIdentity(text: "") == nil && ProcessIdentity(text: "1 2 b") == nil)
        #expect(ProcessIdentity(text: "-5 2 b") == nil && ProcessIdentity(text: "7 x b") == nil)
        #expect(ProcessIdentity(of: -1) == nil)
    }
}
