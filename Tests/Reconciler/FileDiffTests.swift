import ArgumentParser
import CampaignFiles
import Glibc
import Testing
import Wire

@testable import Reconciler

/// Should − sent − queued, by both ways, against Swift's sets.
@Suite struct FileDiffTests {
    /// What a comparison must say of three lists.
    static func check(
        _ folder: FileDiffFolder, _ outcome: DiffOutcome, should: [UInt64], sent: [UInt64], queued: [UInt64]
    ) throws {
        let (due, out, waits) = (Set(should), Set(sent), Set(queued))
        #expect(try folder.ids("out/resend.txt") == due.subtracting(out).subtracting(waits).sorted())
        #expect(try folder.ids("out/unexpected.txt") == out.subtracting(due).sorted())
        #expect(outcome.missing == due.subtracting(out).subtracting(waits).count)
        #expect(outcome.unexpected == out.subtracting(due).count)
        #expect(outcome.delivered == due.intersection(out).count)
        #expect(outcome.stillQueued == due.subtracting(out).intersection(waits).count)
        #expect(outcome.queuedNotDue == waits.subtracting(due).count)
        #expect(outcome.distinct(.should) == due.count)
        #expect(outcome.duplicates(.should) == should.count - due.count)
        #expect(outcome.duplicates(.sent) == sent.count - out.count)
        #expect(outcome.duplicates(.queued) == queued.count - waits.count)
        #expect(outcome.addsUp)
        let left = FileDiffFolder.names("\(folder.path)/out")
        #expect(left == ["report.json", "resend.txt", "unexpected.txt"], "nothing is left behind")
    }

    @Test(arguments: 0..<30, ["sets", "external"]) func likeSets(seed: Int, way: String) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let folder = try FileDiffFolder()
        let span = [40, 3_000, UInt64.max][seed % 3]
        let pool = (0..<(1 + random.next() % 3_000 as UInt64)).map { _ in random.next() % span as UInt64 }
        func some(_ name: String) throws -> [UInt64] {
            var all: [UInt64] = []
            for file in 0..<(1 + random.next() % 3 as UInt64) {
                let part = (0..<(random.next() % 1_200 as UInt64)).map { _ in
                    pool.randomElement(using: &random)!
                }
                let lines = part.map { random.next() % 2 as UInt64 == 0 ? "\($0)" : IDFileTests.text($0) }
                var bytes = Array(("5\n" + lines.joined(separator: "\n")).utf8)
                switch random.next() % 3 as UInt64 {
                case 0: bytes = FileDiffFolder.gzip(bytes)
                case 1: bytes = FileDiffFolder.zstd(bytes)
                default: break
                }
                try folder.write("\(name)\(file)", bytes)
                all += [5] + part
            }
            return all
        }
        let (should, sent, queued) = (try some("should"), try some("sent"), try some("queued"))
        let outcome = try folder.diff(["--queued", "\(folder.path)/queued*", "--way", way, "--threads", "3"])
        #expect(outcome.way.rawValue == way)
        try Self.check(folder, outcome, should: should, sent: sent, queued: queued)
    }

    @Test func theCommandWritesItsThreeFiles() async throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "3\r\n1\nbad\n3\n2\n")
        try folder.write("sent", "\(IDFileTests.text(2))\n9\n")
        let command = try DiffCommand.parse([
            "--should", "\(folder.path)/should", "--sent", "\(folder.path)/sent", "--out",
            "\(folder.path)/out",
        ])
        try await command.run()
        #expect(try folder.read("out/resend.txt") == "0000000000001\n0000000000003\n")
        #expect(try folder.read("out/unexpected.txt") == "0000000000009\n")
        let report = try folder.report()
        #expect(report["should"] == .integer(3))
        #expect(report["missing"] == .integer(2))
        #expect(report["delivered"] == .integer(1))
        guard case .array(let lines) = report["left_out"], case .object(let line) = lines.first else {
            Issue.record("the malformed line is not reported")
            return
        }
        #expect(line["line"] == .integer(3))
        #expect(line["text"] == .string("bad"))
        #expect(line["kind"] == .string("malformed"))
    }

    /// IDs that are not dense are found out, and go the other way by themselves.
    @Test func manySparseIDsGoThroughTheDisk() throws {
        let folder = try FileDiffFolder()
        var random = SplitMix64(seed: 3)
        let ids = (0..<300_000).map { _ in random.next() as UInt64 }
        try folder.write("should", ids.map { "\($0)" }.joined(separator: "\n"))
        try folder.write("sent", ids.dropFirst(7).reversed().map { "\($0)" }.joined(separator: "\n"))
        let outcome = try folder.diff(["--memory", "96"])
        #expect(outcome.way == .external)
        try Self.check(folder, outcome, should: ids, sent: Array(ids.dropFirst(7)), queued: [])
    }

    @Test(arguments: ["hex", "uuid", "decimal128"]) func wideIDs(form: String) throws {
        var random = SplitMix64(seed: 9)
        let folder = try FileDiffFolder()
        let ids = (0..<3_000).map { _ in
            UInt128(random.next() as UInt64) << 64 | UInt128(random.next() as UInt64)
        }
        let wanted = try #require(IDForm(rawValue: form))
        func lines(_ ids: some Sequence<UInt128>) -> [UInt8] {
            var bytes: [UInt8] = []
            for id in ids {
                id.append(to: &bytes, as: wanted)
                bytes.append(10)
            }
            return bytes
        }
        try folder.write("should", lines(ids + ids[..<5]))
        try folder.write("sent", lines(ids[20...] + [1, 2, 2]))
        let outcome = try folder.diff(["--form", form])
        #expect(outcome.missing == 20 && outcome.unexpected == 2 && outcome.delivered == 2_980)
        #expect(outcome.duplicates(.should) == 5 && outcome.duplicates(.sent) == 1)
        #expect(
            try folder.read("out/resend.txt") == String(decoding: lines(ids[..<20].sorted()), as: UTF8.self))
    }

    /// One ID without end must not break the bound of memory, nor the counts.
    @Test func oneIDAgainAndAgain() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", String(repeating: "77\n", count: 100_000))
        try folder.write("sent", "78\n77\n")
        let outcome = try folder.diff(["--way", "external"])
        #expect(outcome.duplicates(.should) == 99_999 && outcome.delivered == 1 && outcome.unexpected == 1)
    }

    @Test func whatCannotBeMeant() {
        let base = ["--should", "a", "--sent", "b", "--out", "x"]
        for more in [
            ["--form", "roman"], ["--form", "sent=hex"], ["--memory", "1"], ["--threads", "0"], ["--keep"],
            ["--lanes", "5-3"], ["--lanes", "x"], ["--way", "round"], ["--column", "sent="],
            ["--form", "hex", "--lanes", "1"],
        ] {
            #expect(throws: (any Error).self) { try DiffCommand.parse(base + more) }
        }
        #expect(throws: (any Error).self) {
            try DiffCommand.parse(["--should", "-", "--sent", "-", "--out", "x"])
        }
        #expect(throws: (any Error).self) { try DiffCommand.parse(["--should", "a", "--sent", "b"]) }
    }

    /// More IDs than the table may hold are taken in several passes.
    @Test(arguments: 0..<8) func aPartitionInPasses(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let partition = Int(random.next() % UInt64(Partitions.count))
        func mixed(_ count: Int) -> [UInt64] {
            (0..<count).map { _ in (random.next() as UInt64) >> 10 | UInt64(partition) << 54 }
        }
        let (common, left, right) = (mixed(4_000), mixed(300), mixed(200))
        let table = JoinTable<UInt64>(bytes: 16 << 10)
        let all = common.count * 2 + 500
        let passes = table.passes(all)
        #expect(passes > 1)
        var counts = SideCounts()
        var (missing, unexpected): (Set<UInt64>, Set<UInt64>) = ([], [])
        for pass in 0..<passes {
            table.begin(all, passes: passes)
            for (ids, mark) in [(common + left, 1), (common.shuffled(using: &random) + right, 2)]
                as [([UInt64], UInt64)]
            {
                #expect(ids.withUnsafeBufferPointer { table.add($0, mark: mark, pass: UInt64(pass)) })
            }
            table.end(
                partition: partition, &counts, missing: { missing.insert($0) },
                unexpected: { unexpected.insert($0) })
        }
        #expect(counts.delivered == common.count && counts.missing == 300 && counts.unexpected == 200)
        #expect(missing == Set(left.map { UInt64.unscramble($0) }))
        #expect(unexpected == Set(right.map { UInt64.unscramble($0) }))
    }
}
