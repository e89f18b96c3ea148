import ArgumentParser
import CampaignFiles
import Glibc
import Testing
import Wire

@testable import Reconciler

/// Should − sent − queued.
@Suite struct FileDiffTests {
    @Test func everyClass() {
        let diff = FileDiff(should: [1, 2, 3, 4, 6], sent: [0, 2, 4, 5, 9], queued: [3, 4, 7])
        #expect(diff.delivered == 2)
        #expect(diff.stillQueued == 1)
        #expect(diff.missing == [1, 6])
        #expect(diff.unexpected == [0, 5, 9])
        #expect(diff.queuedNotDue == 1)
        #expect(diff.addsUp)
    }

    @Test(arguments: 0..<60) func likeSets(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        func some() -> Set<UInt64> {
            let span = 1 + random.next() % 200
            return Set((0..<random.next() % 150).map { _ in random.next() % span })
        }
        let (should, sent, queued) = (some(), some(), some())
        let diff = FileDiff(should: should.sorted(), sent: sent.sorted(), queued: queued.sorted())
        #expect(diff.missing == should.subtracting(sent).subtracting(queued).sorted())
        #expect(diff.unexpected == sent.subtracting(should).sorted())
        #expect(diff.delivered == should.intersection(sent).count)
        #expect(diff.stillQueued == should.subtracting(sent).intersection(queued).count)
        #expect(diff.queuedNotDue == queued.subtracting(should).count)
        #expect(diff.addsUp)
    }

    @Test func theCommandWritesItsThreeFiles() async throws {
        let directory = "/tmp/reconciler-diff-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try OutputFile.makeDirectory(directory)
        defer {
            for name in ["should", "sent", "out/resend.txt", "out/unexpected.txt", "out/report.json"] {
                unlink("\(directory)/\(name)")
            }
            rmdir("\(directory)/out")
            rmdir(directory)
        }
        try OutputFile.write("\(directory)/should", [Array("3\r\n1\nbad\n3\n2\n".utf8)])
        try OutputFile.write("\(directory)/sent", [Array("\(IDFileTests.text(2))\n9\n".utf8)])
        let command = try DiffCommand.parse([
            "--should", "\(directory)/should", "--sent", "\(directory)/sent", "--out", "\(directory)/out",
        ])
        try await command.run()
        func read(_ name: String) throws -> String {
            String(decoding: try FileBytes.read("\(directory)/out/\(name)"), as: UTF8.self)
        }
        #expect(try read("resend.txt") == "0000000000001\n0000000000003\n")
        #expect(try read("unexpected.txt") == "0000000000009\n")
        guard case .object(let report) = try JSON.parse(Array(read("report.json").utf8), limits: .document)
        else {
            Issue.record("report.json is no object")
            return
        }
        #expect(report["should"] == .integer(3))
        #expect(report["missing"] == .integer(2))
        #expect(report["delivered"] == .integer(1))
        guard case .array(let lines) = report["malformed_lines"], case .object(let line) = lines.first else {
            Issue.record("the malformed line is not reported")
            return
        }
        #expect(line["line"] == .integer(3))
        #expect(line["text"] == .string("bad"))
    }

    @Test func standardInputCanBeOnlyOneFile() {
        #expect(throws: (any Error).self) {
            try DiffCommand.parse(["--should", "-", "--sent", "-", "--out", "x"])
        }
    }
}
