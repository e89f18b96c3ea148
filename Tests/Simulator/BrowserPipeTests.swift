import Foundation
import Testing
import Wire

@testable import Stack

@Suite("The pipes to a browser")
struct BrowserPipeTests {
    @Test("a child has what it is given as 3 and 4, in that order, and no more")
    func descriptors() throws {
        let run = try RunDirectory.claimUnique(prefix: "browser-pipe")
        defer { run.release() }
        let pipe = try BrowserPipe()
        let child = try ChildProcess(
            name: "talker", executable: "/bin/sh",
            arguments: ["-c", "tr a-z A-Z <&3 >&4; ls /proc/self/fd | wc -l"],
            descriptors: pipe.childEnds, in: run)
        pipe.childHasThem()
        try pipe.send(Array(#"{"id":1}"#.utf8))
        try pipe.send(Array(#"{"id":2}"#.utf8))
        pipe.endSending()
        let deadline = Deadline(after: .seconds(30))
        #expect(try pipe.next(until: deadline)?["ID"] == .integer(1))
        #expect(try pipe.next(until: deadline)?["ID"] == .integer(2))
        #expect(child.waitForExit(within: .seconds(30)) == .code(0))
        #expect(throws: StackFailure.self) { try pipe.next(until: deadline) }
        // stdin, stdout, stderr, the two, and the listing of the directory itself.
        #expect(child.logTail().trimmingCharacters(in: .whitespacesAndNewlines) == "6")
    }

    @Test("more than a child can be given is refused")
    func tooMany() throws {
        let run = try RunDirectory.claimUnique(prefix: "browser-pipe")
        defer { run.release() }
        #expect(throws: StackFailure.self) {
            try ChildProcess(
                name: "many", executable: "/bin/sh", arguments: [],
                descriptors: [Int32](repeating: 0, count: 9), in: run)
        }
    }

    @Test("what is not an object, or has no end, is an error and no wait")
    func garbage() throws {
        let run = try RunDirectory.claimUnique(prefix: "browser-pipe")
        defer { run.release() }
        let pipe = try BrowserPipe()
        let child = try ChildProcess(
            name: "babbler", executable: "/bin/sh", arguments: ["-c", "printf 'no json\\0' >&4; sleep 600"],
            descriptors: pipe.childEnds, in: run)
        pipe.childHasThem()
        #expect(throws: StackFailure.self) { try pipe.next(until: Deadline(after: .seconds(30))) }
        #expect(try pipe.next(until: Deadline(after: .milliseconds(1))) == nil)
        child.kill()
    }
}
