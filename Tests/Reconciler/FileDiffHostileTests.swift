import ArgumentParser
import CampaignFiles
import Glibc
import Testing
import Wire

@testable import Reconciler

/// Files that are not what they should be: counted and told, never a crash, never passed over in silence.
@Suite struct FileDiffHostileTests {
    private func faultOf(_ body: () throws -> Void) -> ReconcilerFault? {
        do {
            try body()
            return nil
        } catch {
            return error as? ReconcilerFault
        }
    }

    @Test(arguments: ["sets", "external"]) func emptyFilesAreEmptyLists(way: String) throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "")
        try folder.write("sent", FileDiffFolder.gzip([]))
        let outcome = try folder.diff(["--way", way])
        #expect(outcome.distinct(.should) == 0 && outcome.distinct(.sent) == 0 && outcome.addsUp)
        #expect(try folder.read("out/resend.txt").isEmpty)
    }

    @Test(arguments: ["gzip", "zstd"]) func aTruncatedFileFailsTheRun(packing: String) throws {
        let folder = try FileDiffFolder()
        var random = SplitMix64(seed: 1)
        let text = (0..<20_000).map { _ in "\(random.next() % 1_000_000_000 as UInt64)" }.joined(
            separator: "\n")
        let whole =
            packing == "gzip" ? FileDiffFolder.gzip(Array(text.utf8)) : FileDiffFolder.zstd(Array(text.utf8))
        try folder.write("should", text)
        for count in [whole.count / 2, whole.count - 1, 20] {
            try folder.write("sent", Array(whole[..<count]))
            let fault = faultOf { _ = try folder.diff() }
            #expect(fault?.code == ReconcilerFault.badData)
            #expect(fault?.description.contains("\(folder.path)/sent") ?? false)
            #expect(FileDiffFolder.names("\(folder.path)/out").isEmpty, "no half results, nothing left")
            // Told to go on, it says what it could not read.
            let outcome = try folder.diff(["--partial"])
            #expect(outcome.tallies[.sent]?.unread.count == 1)
            guard case .array(let unread) = try folder.report()["unread"] else {
                Issue.record("not reported")
                return
            }
            #expect(unread.count == 1)
            for name in ["resend.txt", "unexpected.txt", "report.json"] {
                unlink("\(folder.path)/out/\(name)")
            }
        }
        // Damaged in its middle: gzip has a checksum always, zstd where it was asked for.
        guard packing == "gzip" else { return }
        var bent = whole
        bent[bent.count / 2] ^= 0xFF
        try folder.write("sent", bent)
        #expect(faultOf { _ = try folder.diff() }?.code == ReconcilerFault.badData)
    }

    @Test func gzipInMembersAndWithZerosBehind() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "1\n2\n3\n")
        let members = FileDiffFolder.gzip(Array("1\n2".utf8)) + FileDiffFolder.gzip(Array("\n3\n".utf8))
        try folder.write("sent", members + [0, 0, 0])
        let outcome = try folder.diff()
        #expect(outcome.delivered == 3 && outcome.missing == 0)
        try folder.write("sent", members + Array("rubbish".utf8))
        #expect(faultOf { _ = try folder.diff() }?.code == ReconcilerFault.badData)
    }

    /// Written as a hole: it costs no disk and is all NULs.
    @Test func aLineOfAGigabyte() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "1\n2\n")
        let path = try folder.write("sent", "1\n")
        let descriptor = open(path, O_WRONLY)
        let tail = Array("\n2\n".utf8)
        #expect(pwrite(descriptor, tail, tail.count, 1 << 30) == tail.count)
        close(descriptor)
        let outcome = try folder.diff()
        #expect(outcome.delivered == 2 && outcome.missing == 0)
        let tally = try #require(outcome.tallies[.sent])
        #expect(tally.counts == [.tooLong: 1])
        #expect(tally.examples.map(\.line) == [2])
        #expect(tally.lines == 3)
    }

    @Test func filesThatAreNotThere() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "1\n")
        for name in ["gone", "gone*", "."] {
            let command = try DiffCommand.parse([
                "--should", "\(folder.path)/should", "--sent", "\(folder.path)/\(name)", "--out",
                "\(folder.path)/out",
            ])
            #expect(faultOf { _ = try command.comparison().run() }?.code == ReconcilerFault.badData)
        }
    }

    @Test func columnsOfCSV() throws {
        let folder = try FileDiffFolder()
        try folder.write(
            "should.csv",
            "\u{FEFF}time,\"order\",campaign\r\n9,5,spring\r\n9,\"6\",spring\r\n\r\n9,7,autumn\r\n")
        try folder.write(
            "sent.csv", "order,campaign\n5,spring\n6\n\"7,spring\n,spring\nx,spring\n8,\"a,\"\"b\"\n6,spring")
        let outcome = try folder.diff(["--column", "order", "--campaign", "spring"])
        #expect(outcome.distinct(.should) == 2 && outcome.delivered == 2)
        #expect(outcome.tallies[.should]?.counts == [.otherCampaign: 1])
        #expect(outcome.tallies[.should]?.examples.map(\.line) == [5])
        let sent = try #require(outcome.tallies[.sent])
        #expect(sent.counts == [.noField: 2, .broken: 1, .malformed: 1, .otherCampaign: 1])
        #expect(sent.examples.map(\.line) == [3, 4, 5, 6, 7])
        // The wrong column is no reason to call everything missing.
        let wrong = faultOf { _ = try folder.diff(["--column", "sent=id", "--column", "should=order"]) }
        #expect(wrong?.code == ReconcilerFault.badData)
        #expect(wrong?.description.contains("\"id\"") ?? false)
    }

    @Test func fieldsOfJSONL() throws {
        let folder = try FileDiffFolder()
        try folder.write("should", "5\n6\n7\n8\n9\n")
        let lines = [
            #"{"a":{"order":"1","b":[1,"}"]},"order":"5"}"#, #" { "order" : 6 , "x" : "q\"," } "#,
            #"{"id":"7"}"#, #"{"order":"7""#, #"{"order":"8"} x"#, "[]", #"{"order":null}"#, #"{"order":""}"#,
            #"{"order":"9","campaign":"spring"}"#,
        ]
        try folder.write("sent.jsonl", lines.joined(separator: "\n"))
        let outcome = try folder.diff(["--field", "order"])
        #expect(outcome.delivered == 3 && outcome.missing == 2)
        let sent = try #require(outcome.tallies[.sent])
        #expect(sent.counts == [.noField: 2, .broken: 3, .malformed: 1])
        #expect(sent.examples.map(\.line) == [3, 4, 5, 6, 7, 8])
    }

    @Test func lanesThatNobodyKnows() throws {
        let folder = try FileDiffFolder()
        let ids: [UInt64] = [5 << 32, 5 << 32 | 1, 7 << 32, 9 << 32]
        try folder.write("should", ids.map { "\($0)" }.joined(separator: "\n"))
        try folder.write("sent", "\(ids[0])\n\(IDFileTests.text(ids[3]))\n")
        let outcome = try folder.diff(["--lanes", "1-5,7"])
        #expect(try folder.ids("out/resend.txt") == [ids[1], ids[2]])
        #expect(outcome.unexpected == 0)
        #expect(outcome.tallies[.should]?.counts == [.unknownLane: 1])
        #expect(outcome.tallies[.sent]?.examples.map(\.line) == [2])
    }

    /// Whatever the bytes are, it ends well or with a named fault, and the classes add up.
    @Test(arguments: 0..<60) func noise(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let folder = try FileDiffFolder()
        func noise() -> [UInt8] {
            let signs = Array("0123456789,\"{}:[]\\\n\n\r\0 orde\u{FEFF}".utf8)
            var bytes = (0..<(random.next() % 4_000 as UInt64)).map { _ in
                signs.randomElement(using: &random)!
            }
            if random.next() % 4 as UInt64 == 0 { bytes = [0x1F, 0x8B] + bytes }
            if random.next() % 4 as UInt64 == 0 { bytes = Array("order\n".utf8) + bytes }
            return bytes
        }
        let ending = ["", ".csv", ".jsonl"][seed % 3]
        try folder.write("should\(ending)", noise())
        try folder.write("sent\(ending)", noise())
        do {
            let outcome = try folder.diff(["--column", "order", "--field", "order"])
            #expect(outcome.addsUp)
            for side in [DiffSide.should, .sent] {
                let tally = try #require(outcome.tallies[side])
                #expect(tally.ids + tally.leftOut <= tally.lines)
            }
        } catch let fault as ReconcilerFault {
            #expect(fault.code == ReconcilerFault.badData)
        }
    }
}
