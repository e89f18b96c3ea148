import Glibc
import Stack
import Testing

@testable import Reconciler

/// Lists that come through pipes: once, from their beginning, and packed or not.
@Suite struct FileDiffStreamTests {
    /// Runs a line of a shell in the folder, with `$DIFF` the program and its command.
    private static func shell(_ folder: FileDiffFolder, _ line: String) throws -> ChildProcess.Exit? {
        let directory = try RunDirectory.claimUnique(prefix: "diff")
        defer { directory.release() }
        let child = try ChildProcess(
            name: "sh", executable: "/bin/sh", arguments: ["-c", "cd \(folder.path) && \(line)"],
            environment: ["DIFF": "\(try ServiceProgram.locate("reconciler")) diff"], in: directory)
        return child.waitForExit(within: .seconds(60))
    }

    @Test(arguments: ["sets", "external"]) func standardInput(way: String) throws {
        let folder = try FileDiffFolder()
        try folder.write("should.txt", "1\n2\n3\n4")
        try folder.write("sent.gz", FileDiffFolder.gzip(Array("2\n4\n5\nx\n".utf8)))
        let exit = try Self.shell(
            folder, "cat sent.gz | $DIFF --should should.txt --sent - --out out --way \(way)")
        #expect(exit == .code(0))
        #expect(try folder.ids("out/resend.txt") == [1, 3])
        #expect(try folder.ids("out/unexpected.txt") == [5])
        let report = try folder.read("out/report.json")
        #expect(report.contains("\"file\":\"standard input\",\"line\":4"))
        let left = FileDiffFolder.names("\(folder.path)/out")
        #expect(left == ["report.json", "resend.txt", "unexpected.txt"])
    }

    /// Several of one side: each has a place of its own.
    @Test(arguments: ["sets", "external"]) func namedPipes(way: String) throws {
        let folder = try FileDiffFolder()
        try folder.write("a", "1\n2\n")
        try folder.write("b", "3\n4\n4\n")
        try folder.write("c", "2\n4\n5\n")
        let exit = try Self.shell(
            folder,
            "mkfifo one two three && (cat a > one & cat b > two & cat c > three & "
                + "$DIFF --should one --should two --sent three --out out --way \(way))")
        #expect(exit == .code(0))
        #expect(try folder.ids("out/resend.txt") == [1, 3])
        #expect(try folder.ids("out/unexpected.txt") == [5])
    }

    @Test func nothingThroughAPipe() throws {
        let folder = try FileDiffFolder()
        try folder.write("should.txt", "7\n")
        #expect(
            try Self.shell(folder, "true | $DIFF --should should.txt --sent - --out out") == .code(0))
        #expect(try folder.ids("out/resend.txt") == [7])
    }
}
