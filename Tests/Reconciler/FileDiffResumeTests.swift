import Glibc
import Stack
import Testing
import Wire

@testable import Reconciler

/// A run that is killed, and carried on.
@Suite struct FileDiffResumeTests {
    /// Two sides of several files, of which nobody is dense.
    private static func lists(_ folder: FileDiffFolder, seed: UInt64) throws -> (
        should: [UInt64], sent: [UInt64]
    ) {
        var random = SplitMix64(seed: seed)
        let ids = (0..<6_000).map { _ in random.next() % (seed % 2 == 0 ? 20_000 : .max) as UInt64 }
        let sent = ids.filter { _ in random.next() % 10 as UInt64 > 0 } + [1, 1, 2]
        for part in 0..<3 {
            let slice = ids[(part * 2_000)..<((part + 1) * 2_000)]
            // 13 digits: what can be read both ways survives as well.
            try folder.write(
                "should\(part)", "1234567890123\n" + slice.map { "\($0)" }.joined(separator: "\n"))
        }
        try folder.write("sent0", FileDiffFolder.gzip(Array(sent.map { "\($0)\n" }.joined().utf8)))
        return (ids + [1_234_567_890_123, 1_234_567_890_123, 1_234_567_890_123], sent)
    }

    /// - Parameter step: ends as by `kill -9` behind that step.
    private func run(
        _ folder: FileDiffFolder, _ run: RunDirectory, _ more: [String], dyingAt step: Int? = nil
    ) throws -> ChildProcess.Exit? {
        let child = try ChildProcess(
            name: "diff", executable: try ServiceProgram.locate("reconciler"),
            arguments: [
                "diff", "--should", "\(folder.path)/should*", "--sent", "\(folder.path)/sent*", "--out",
                "\(folder.path)/out",
            ] + more, environment: step.map { ["HONGBAO_DIE_AT": "diff:\($0)"] } ?? [:], in: run)
        return child.waitForExit(within: .seconds(60))
    }

    /// SIGKILL after every single step, each time carried on: the end is that of a run that nobody disturbed.
    @Test(arguments: ["sets", "external"]) func killedBetweenAnyTwoSteps(way: String) throws {
        let directory = try RunDirectory.claimUnique(prefix: "diff")
        defer { directory.release() }
        let folder = try FileDiffFolder()
        let (should, sent) = try Self.lists(folder, seed: way == "sets" ? 2 : 3)
        let work = "\(folder.path)/work"
        var (isOver, kills) = (false, 0)
        // Every step at the beginning and at the end; between them the groups of partitions are alike.
        for step in Array(1...12) + Array(stride(from: 20, to: 70, by: 13)) + Array(72...90) where !isOver {
            let exit = try run(folder, directory, ["--way", way, "--resume", work], dyingAt: step)
            isOver = exit == .code(0)
            #expect(isOver || exit == .signal(SIGKILL))
            if isOver { break }
            kills += 1
            #expect(try run(folder, directory, ["--way", way, "--resume", work]) == .code(0))
            #expect(try folder.ids("out/resend.txt") == Set(should).subtracting(sent).sorted())
            #expect(try folder.ids("out/unexpected.txt") == Set(sent).subtracting(should).sorted())
            #expect(FileDiffFolder.names(work).isEmpty)
        }
        #expect(isOver && kills > 4, "\(kills) kills: there are more steps than none, and fewer than that")
        // Again and again, each time a little further, from what the last one left.
        for step in 2..<40 {
            let exit = try run(folder, directory, ["--way", way, "--resume", work], dyingAt: step)
            if exit == .code(0) { break }
            #expect(exit == .signal(SIGKILL))
        }
        let outcome = try folder.diff(["--way", way, "--resume", work])
        try FileDiffTests.check(folder, outcome, should: should, sent: sent, queued: [])
        #expect(FileDiffFolder.names(work).isEmpty)
    }

    /// Without a directory to carry on from, what a killed run left is removed by the next one.
    @Test func whatAKilledRunLeftIsRemoved() throws {
        let directory = try RunDirectory.claimUnique(prefix: "diff")
        defer { directory.release() }
        let folder = try FileDiffFolder()
        let (should, sent) = try Self.lists(folder, seed: 5)
        #expect(try run(folder, directory, ["--way", "external"], dyingAt: 20) == .signal(SIGKILL))
        #expect(FileDiffFolder.names("\(folder.path)/out").contains { $0.hasPrefix(".reconciler-diff") })
        #expect(try run(folder, directory, ["--way", "external"]) == .code(0))
        let outcome = try folder.diff(["--way", "external"])
        try FileDiffTests.check(folder, outcome, should: should, sent: sent, queued: [])
    }

    /// A later run over files of which most are the same reads only the others.
    @Test(arguments: ["sets", "external"]) func onlyWhatHasChangedIsReadAgain(way: String) throws {
        let folder = try FileDiffFolder()
        let (should, sent) = try Self.lists(folder, seed: way == "sets" ? 2 : 3)
        let keep = ["--way", way, "--resume", "\(folder.path)/work", "--keep"]
        let first = try folder.diff(keep)
        #expect(first.reused == 0)
        let again = try folder.diff(keep)
        #expect(again.reused == again.shards)
        try FileDiffTests.check(folder, again, should: should, sent: sent, queued: [])
        try folder.write("should9", "77\n77\n")
        let changed = try folder.diff(keep)
        #expect(changed.reused == changed.shards - 1)
        try FileDiffTests.check(folder, changed, should: should + [77, 77], sent: sent, queued: [])
        try folder.write("should9", "78\n")
        try FileDiffTests.check(folder, try folder.diff(keep), should: should + [78], sent: sent, queued: [])
    }

    /// What a power failure may leave of the files of a run: anything.
    @Test(arguments: ["sets", "external"]) func damagedFilesOfARunAreMadeAgainOrRefused(way: String) throws {
        let folder = try FileDiffFolder()
        let (should, sent) = try Self.lists(folder, seed: way == "sets" ? 2 : 3)
        let work = "\(folder.path)/work"
        let keep = ["--way", way, "--resume", work, "--keep"]
        _ = try folder.diff(keep)
        for name in FileDiffFolder.names(work) where name != "lock" && name != "way-external" {
            truncate("\(work)/\(name)", 40)
            let outcome = try folder.diff(keep)
            try FileDiffTests.check(folder, outcome, should: should, sent: sent, queued: [])
        }
    }

    @Test func twoRunsDoNotShareADirectory() throws {
        let folder = try FileDiffFolder()
        _ = try Self.lists(folder, seed: 2)
        let mine = try WorkDirectory(resume: "\(folder.path)/work", isKept: false, base: folder.path)
        do {
            _ = try folder.diff(["--resume", "\(folder.path)/work"])
            Issue.record("it worked there")
        } catch let fault as ReconcilerFault {
            #expect(fault.code == ReconcilerFault.again)
        }
        mine.finish()
    }

    @Test func aRecordIsReadAsItWasWritten() {
        var piece = PieceTally(file: "a/ü", start: 77)
        piece.sawText = true
        piece.tally.ids = 1 << 40
        piece.tally.lines = 5
        piece.tally.counts = [.nul: 3, .tooLong: 1]
        piece.tally.examples = [Finding(.nul, file: "a/ü", line: 9, text: "x\\x00")]
        piece.tally.unread = ["a/ü: ends too early"]
        let record = ShardRecord(pieces: [piece, PieceTally(file: "b", start: 0)])
        #expect(ShardRecord(stored: record.stored) == record)
        for place in record.stored.indices {
            var bent = record.stored
            bent[place] ^= 4
            #expect(ShardRecord(stored: bent) == nil)
            #expect(ShardRecord(stored: Array(record.stored[..<place])) == nil)
        }
    }
}
