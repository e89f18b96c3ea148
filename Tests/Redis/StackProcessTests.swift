import Foundation
import Glibc
import Testing

@testable import Stack

@Suite("Stack: processes")
struct StackProcessTests {
    @Test("a child's end, output, directory and environment")
    func ends() throws {
        try withRun { run in
            let ended = try startShell(
                "pwd; echo to-stderr >&2; echo $HB_TEST; exit 7", environment: ["HB_TEST": "x"], in: run)
            #expect(ended.waitForExit(within: .seconds(30)) == .code(7))
            #expect(ended.exit == .code(7) && !ended.isRunning)
            #expect(ended.logTail() == "\(run.path)\nto-stderr\nx\n")
            ended.signal(SIGKILL)
            #expect(ended.terminate(grace: .seconds(1)) == .code(7))
        }
    }

    @Test("a program that does not exist, or may not run, is said to")
    func cannotStart() throws {
        try withRun { run in
            let failure = #expect(throws: StackFailure.self) {
                try ChildProcess(name: "x", executable: "/nonexistent/x", arguments: [], in: run)
            }
            #expect(failure?.message.contains("No such file") == true)
            #expect(throws: StackFailure.self) {
                try ChildProcess(name: "x", executable: "/etc/passwd", arguments: [], in: run)
            }
        }
    }

    @Test("signals: terminated with grace, killed without, stopped and continued")
    func signals() throws {
        try withRun { run in
            let polite = try startShell(
                "trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done", name: "polite", in: run)
            try Readiness(of: polite, within: .seconds(30)).wait(for: "its trap") {
                polite.logTail() == "up\n"
            }
            #expect(polite.terminate(grace: .seconds(30)) == .code(3))

            let deaf = try startShell(
                "trap '' TERM; echo up; while :; do sleep 0.01; done", name: "deaf", in: run)
            try Readiness(of: deaf, within: .seconds(30)).wait(for: "its trap") { deaf.logTail() == "up\n" }
            #expect(deaf.terminate(grace: .milliseconds(50)) == .signal(SIGKILL))

            let sleeper = try startShell("exec sleep 600", name: "sleeper", in: run)
            sleeper.pause()
            try Readiness(of: sleeper, within: .seconds(30)).wait(for: "it to stand still") {
                processState(sleeper.pid) == "T"
            }
            sleeper.resume()
            try Readiness(of: sleeper, within: .seconds(30)).wait(for: "it to go on") {
                processState(sleeper.pid) != "T"
            }
            #expect(sleeper.isRunning)
            #expect(ChildProcess.firstToExit(of: [sleeper], within: .milliseconds(1)) == nil)
            let brief = try startShell("exit 0", name: "brief", in: run)
            #expect(ChildProcess.firstToExit(of: [sleeper, brief], within: .seconds(30)) === brief)
            #expect(sleeper.kill() == .signal(SIGKILL))
        }
    }

    @Test("a child ends with the thread that forked it: why one thread forks them all")
    func deathSignal() throws {
        try withRun { run in
            let forked = DispatchSemaphore(value: 0)
            let mayEnd = DispatchSemaphore(value: 0)
            nonisolated(unsafe) var pid: Int32 = 0  // written before `forked`, read after it
            Thread.detachNewThread {
                let request = SpawnThread.Request(
                    executable: "/bin/sleep", arguments: ["600"], environment: [:])
                pid = (try? SpawnThread.fork(request).get()) ?? 0
                forked.signal()
                mayEnd.wait()
            }
            forked.wait()
            let short = try #require(ProcessIdentity(of: pid))
            let long = try startShell("exec sleep 600", in: run)
            #expect(short.isRunning && long.isRunning)
            mayEnd.signal()
            var status: Int32 = 0
            #expect(waitpid(short.pid, &status, 0) == short.pid)
            #expect(status & 0x7f == SIGKILL)
            #expect(long.isRunning)
        }
    }

    @Test("a child inherits no descriptor of ours, not even one opened carelessly")
    func descriptors() throws {
        try withRun { run in
            let careless = open("/dev/null", O_RDONLY)
            defer { close(careless) }
            let lister = try startShell("ls /proc/self/fd | wc -l", in: run)
            #expect(lister.waitForExit(within: .seconds(30)) == .code(0))
            // stdin, stdout, stderr and the listing of the directory itself.
            #expect(lister.logTail().trimmingCharacters(in: .whitespacesAndNewlines) == "4")
        }
    }

    private func processState(_ pid: Int32) -> Substring? {
        (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?
            .split(separator: ")").last?.split(separator: " ").first
    }
}
