import Glibc
import Stack
import Testing
import Wire

@testable import Reconciler

/// A run that several processes share.
@Suite struct FileDiffShareTests {
    private struct Lists {
        var should: [UInt64] = []
        var sent: [UInt64] = []

        init(_ folder: FileDiffFolder, isDense: Bool) throws {
            var random = SplitMix64(seed: isDense ? 4 : 5)
            for part in 0..<12 {
                let ids = (0..<500).map { _ in random.next() % (isDense ? 9_000 : .max) as UInt64 }
                let kept = ids.filter { _ in random.next() % 10 as UInt64 > 0 } + [UInt64(part) + 20_000]
                try folder.write("should-\(part)", ids.map { "\($0)\n" }.joined())
                try folder.write("sent-\(part)", kept.map { "\($0)\n" }.joined())
                should += ids
                sent += kept
            }
        }

        func check(_ folder: FileDiffFolder) throws {
            #expect(try folder.ids("out/resend.txt") == Set(should).subtracting(sent).sorted())
            #expect(try folder.ids("out/unexpected.txt") == Set(sent).subtracting(should).sorted())
        }
    }

    private static func begin(
        _ folder: FileDiffFolder, _ run: RunDirectory, _ name: String, _ more: [String],
        dyingAt step: Int? = nil
    ) throws -> ChildProcess {
        try ChildProcess(
            name: name, executable: try ServiceProgram.locate("reconciler"),
            arguments: [
                "diff", "--should", "\(folder.path)/should*", "--sent", "\(folder.path)/sent*", "--out",
                "\(folder.path)/out", "--resume", "\(folder.path)/work",
            ] + more, environment: step.map { ["HONGBAO_DIE_AT": "diff:\($0)"] } ?? [:], in: run)
    }

    @Test("what one who assists has read is not read again", arguments: ["sets", "external"])
    func before(way: String) throws {
        let run = try RunDirectory.claimUnique(prefix: "diff-share")
        defer { run.release() }
        let folder = try FileDiffFolder()
        let lists = try Lists(folder, isDense: way == "sets")
        let assistant = try Self.begin(folder, run, "assistant", ["--way", way, "--assist"])
        #expect(assistant.waitForExit(within: .seconds(60)) == .code(0))
        let outcome = try folder.diff(["--way", way, "--resume", "\(folder.path)/work"])
        #expect(outcome.shards > 4 && outcome.reused == outcome.shards)
        #expect(assistant.logTail().contains("\(outcome.shards) of \(outcome.shards) shards were read here"))
        try lists.check(folder)
        #expect(FileDiffFolder.names("\(folder.path)/work").isEmpty)
    }

    @Test(
        "one leads, three assist, two of these are killed: the same lists", arguments: ["sets", "external"])
    func together(way: String) throws {
        let run = try RunDirectory.claimUnique(prefix: "diff-share")
        defer { run.release() }
        let folder = try FileDiffFolder()
        let lists = try Lists(folder, isDense: way == "sets")
        for round in 0..<4 {
            let others = try (0..<3).map { number in
                try Self.begin(
                    folder, run, "assistant-\(round)-\(number)", ["--way", way, "--assist"],
                    dyingAt: number < 2 ? round * 2 + number + 1 : nil)
            }
            let leader = try Self.begin(folder, run, "leader-\(round)", ["--way", way])
            #expect(leader.waitForExit(within: .seconds(60)) == .code(0), "\(leader.logTail())")
            for other in others {
                // Killed, done, or too late: but never with a fault.
                let exit = other.waitForExit(within: .seconds(60))
                #expect(exit == .code(0) || exit == .signal(SIGKILL), "\(other.logTail())")
            }
            try lists.check(folder)
        }
    }

    @Test("a shard is one process's at a time, and free when that is gone")
    func claims() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "1\n")
        let shard = try #require(
            DiffShard.cut([InputFile("\(folder.path)/should", side: .should, as: SideFormat())], context: "")
                .first)
        let leader = try WorkDirectory(resume: "\(folder.path)/work", isKept: false, base: folder.path)
        do {
            let other = try WorkDirectory(assisting: "\(folder.path)/work")
            #expect(other.claim(shard) && other.claim(shard))
            #expect(!leader.claim(shard))
        }
        #expect(leader.claim(shard))
        leader.finish()
        #expect(leader.isGone)
    }
}
