import ArgumentParser
import Bench
import Foundation
import Stack
import Testing

@Suite("Children on a core, options, versions")
struct ChildrenTests {
    @Test("a child runs on its core alone, under the number that it was started with")
    func pinned() throws {
        let run = try RunDirectory.claimUnique(prefix: "bench-core")
        defer { run.release() }
        let child = try Core(0).start(
            name: "shell", executable: "/bin/sh",
            arguments: ["-c", "grep Cpus_allowed_list: /proc/self/status; echo pid $$; echo $HB_GIVEN"],
            environment: ["HB_GIVEN": "yes"], in: run)
        #expect(child.waitForExit(within: .seconds(20)) == .code(0))
        let words = child.logTail().split(whereSeparator: \.isWhitespace)
        #expect(words == ["Cpus_allowed_list:", "0", "pid", "\(child.pid)", "yes"])
    }

    @Test("a core that is not there is a fault")
    func noCore() throws {
        let run = try RunDirectory.claimUnique(prefix: "bench-core")
        defer { run.release() }
        #expect(throws: StackFailure.self) { try Core(100_000).bindSelf(in: run) }
    }

    @Test("quick makes one short pair; the defaults make five")
    func options() throws {
        #expect(try BenchOptions.parse([]).pairs == 5)
        let quick = try BenchOptions.parse(["--quick"])
        #expect(quick.pairs == 1 && quick.seconds == 2)
        let long = try BenchOptions.parse(["--pairs", "9", "--seconds", "30", "--only", "a", "--only", "b"])
        #expect(long.pairs == 9 && long.seconds == 30 && long.only == ["a", "b"])
        for bad in [["--pairs", "0"], ["--seconds", "0"], ["--server-core", "1", "--client-core", "1"]] {
            #expect(throws: (any Error).self) { try BenchOptions.parse(bad) }
        }
    }

    @Test("only: nothing named means all; a name that is none is a fault")
    func only() throws {
        let names = ["cached", "store"]
        #expect(try BenchOptions.parse([]).wants("store", of: names))
        let options = try BenchOptions.parse(["--only", "cached"])
        #expect(try options.wants("cached", of: names))
        #expect(try !options.wants("store", of: names))
        #expect(throws: (any Error).self) {
            try BenchOptions.parse(["--only", "x"]).wants("store", of: names)
        }
    }

    @Test("the machine's page says what it is, and each program's version in a line")
    func machine() throws {
        let run = try RunDirectory.claimUnique(prefix: "bench-machine")
        defer { run.release() }
        var machine = Machine.here()
        machine.ask("redis-server", ["--version"], in: run)
        machine.ask("no-such-program", [], in: run)
        #expect(machine.cores > 0 && machine.memoryBytes > 0 && !machine.kernel.isEmpty)
        #expect(machine.programs.map(\.name) == ["redis-server"])
        #expect(machine.text.split(separator: "\n").last?.contains("Redis server v=") == true)
    }
}
