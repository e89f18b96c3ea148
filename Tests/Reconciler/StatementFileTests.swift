import CampaignFiles
import Glibc
import Orders
import Testing
import Wire

@testable import Reconciler

/// What games hand in: every line counts, and none is skipped in silence.
@Suite struct StatementFileTests {
    static let one = OrderID(lane: 1, shard: 2, sequence: 3)
    static let two = OrderID(lane: 1, shard: 2, sequence: 4)

    /// The statement that stands in a file of that name.
    static func read(
        _ bytes: [UInt8], _ format: StatementFormat, name: String = "f"
    ) throws -> GameStatement {
        let folder = try FileDiffFolder()
        return try StatementFile.read(folder.write(name, bytes), format)
    }

    static func read(_ text: String, _ format: StatementFormat) throws -> GameStatement {
        try read(Array(text.utf8), format)
    }

    @Test func plainIDsCountAsOftenAsTheyStand() throws {
        let first = "\u{FEFF}\(Self.one.text)\r\n\n\(Self.one.text.lowercased())\n"
        let text = "\(first)\(Self.two.rawValue)\nhello\n"
        let read = try Self.read(text, .ids)
        #expect(read.granted == [Self.one: 2, Self.two: 1])
        #expect(read.lines == 3 && read.malformed == 1)
        #expect(read.examples.map(\.line) == [5])
        #expect(try Self.read("", .ids).granted.isEmpty)
        #expect(try Self.read("\(Self.one.text)", .ids).granted == [Self.one: 1])
    }

    @Test func thirteenDigitsAreReadAsTheRestOfTheFileIs() throws {
        let digits = "1234567890123"
        let asNumber = OrderID(rawValue: 1_234_567_890_123)
        let asText = try #require(OrderID(text: digits))
        #expect(try Self.read("\(digits)\n\(Self.one.text)", .ids).granted[asText] == 1)
        #expect(try Self.read("\(digits)\n\(Self.one.rawValue)", .ids).granted[asNumber] == 1)
    }

    @Test func columnsAreFoundByName() throws {
        let text = """
            at,"order, theirs",note\r
            1,\(Self.one.text),"a ""quoted"", note"\r
            2,"\(Self.two.rawValue)",\r
            3,,nothing
            4
            5,"\(Self.one.text)
            """
        let read = try Self.read(text, .csv(column: "order, theirs"))
        #expect(read.granted == [Self.one: 1, Self.two: 1])
        #expect(read.malformed == 3)
        #expect(read.examples.map(\.line) == [4, 5, 6])
        #expect(throws: FileFault.self) { try Self.read(text, .csv(column: "order")) }
    }

    @Test func fieldsOfObjectsMayBeTextOrNumbers() throws {
        let text = """
            {"order":"\(Self.one.text)","status":200}
            {"order":\(Self.two.rawValue)}

            {"order":-4}
            {"Order":"\(Self.one.text)"}
            {"order":"\(Self.one.text)"
            [1]
            """
        let read = try Self.read(text, .jsonl(field: "order"))
        #expect(read.granted == [Self.one: 1, Self.two: 1])
        #expect(read.malformed == 4)
        #expect(read.examples.map(\.line) == [4, 5, 6, 7])
    }

    @Test(arguments: 0..<60) func hostileBytesAreCountedAndNeverTrap(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let alphabet = Array("0123456789ABCXYZ,\"{}:\n\r\u{0}\u{7F} order".utf8)
        var bytes = Array("order\n".utf8)
        for _ in 0..<2_000 { bytes.append(alphabet[Int(random.next() % UInt64(alphabet.count))]) }
        let formats: [StatementFormat] = [.ids, .csv(column: "order"), .jsonl(field: "order")]
        for format in formats {
            let read = try Self.read(bytes, format)
            #expect(read.granted.values.reduce(0, +) == read.lines)
            #expect(read.malformed > 0 && read.examples.count >= min(100, read.malformed))
        }
    }

    @Test(arguments: ["plain", "gzip", "zstd"]) func packedFilesAreTheSame(packing: String) throws {
        let rows = ["at,\"order\"", "1,\(Self.one.text)", "2,x", "3,\"\(Self.two.rawValue)\"", ""]
        let text = Array(("\u{FEFF}" + rows.joined(separator: "\r\n")).utf8)
        let bytes =
            switch packing {
            case "gzip": FileDiffFolder.gzip(text)
            case "zstd": FileDiffFolder.zstd(text)
            default: text
            }
        let read = try Self.read(bytes, .csv(column: "order"), name: "theirs.log")
        #expect(read.granted == [Self.one: 1, Self.two: 1])
        #expect(read.examples.map(\.line) == [3] && read.examples.map(\.text) == ["2,x\\x0d"])
    }

    @Test func aPatternIsOneStatementOfManyFiles() throws {
        let folder = try FileDiffFolder()
        let paths = [
            try folder.write("a-1.csv", "\(Self.one.text)\n?\n"),
            try folder.write("a-2.gz", FileDiffFolder.gzip(Array("\(Self.one.text)\n\n!\n".utf8))),
            try folder.write("a-3", "\(Self.two.rawValue)"),
        ]
        for (path, second) in zip(paths, [20, 30, 10]) {
            let times = [timespec(tv_sec: second, tv_nsec: 0), timespec(tv_sec: second, tv_nsec: 5_000_000)]
            #expect(utimensat(AT_FDCWD, path, times, 0) == 0)
        }
        let read = try StatementFile.read("\(folder.path)/a-*", .ids)
        #expect(read.granted == [Self.one: 2, Self.two: 1])
        #expect(read.lines == 3 && read.malformed == 2)
        #expect(read.examples.map { "\($0.file):\($0.line)" } == ["\(paths[0]):2", "\(paths[1]):3"])
        #expect(read.madeAtMs == 30_005, "as new as the newest")
        #expect(throws: FileFault.self) { try StatementFile.read("\(folder.path)/b-*", .ids) }
        #expect(throws: FileFault.self) { try StatementFile.read("\(folder.path)/b", .ids) }
        #expect(throws: FileFault.self) { try StatementFile.read(folder.path, .ids) }
        #expect(throws: FileFault.self) { try StatementFile.read("/dev/null", .ids) }
    }

    @Test(arguments: ["gzip", "zstd"]) func whatIsCutOffIsNoStatement(packing: String) throws {
        var random = SplitMix64(seed: 3)
        let text = Array((0..<5_000).map { _ in "\(random.next() as UInt64)\n" }.joined().utf8)
        let whole = packing == "gzip" ? FileDiffFolder.gzip(text) : FileDiffFolder.zstd(text)
        #expect(try Self.read(whole, .ids).lines == 5_000)
        let folder = try FileDiffFolder()
        for count in [whole.count / 2, whole.count - 1] {
            let path = try folder.write("f", Array(whole[..<count]))
            do {
                _ = try StatementFile.read(path, .ids)
                Issue.record("cut at \(count) of \(whole.count) it was read")
            } catch {
                #expect(error.path == path && "\(error)".contains("cut off"), "\(error)")
            }
        }
    }

    /// NULs, and a line without end: named by file and line, and nothing behind them is lost.
    @Test func linesThatNobodyMeant() throws {
        let folder = try FileDiffFolder()
        let head = Array("\(Self.one.text)\r\n\(Self.one.text)\0\n".utf8)
        let long = [UInt8](repeating: UInt8(ascii: "7"), count: 3 << 20)
        let path = try folder.write("f", head + long + Array("\n\(Self.two.text)".utf8))
        let read = try StatementFile.read(path, .ids)
        #expect(read.granted == [Self.one: 1, Self.two: 1])
        #expect(read.malformed == 2 && read.examples.map(\.kind) == [.nul, .tooLong])
        #expect(read.examples.map { "\($0.file):\($0.line)" } == ["\(path):2", "\(path):3"])
        let table = try Self.read(
            Array("order\n".utf8) + head + long + Array("\n\(Self.two.text)".utf8), .csv(column: "order"))
        #expect(table.granted == read.granted && table.examples.map(\.line) == [3, 4])
    }

    /// As many as stand there, one by one, with the count of the lines; what the body throws is the end.
    @Test func idsAreHandedOverAsTheyAreRead() throws {
        let folder = try FileDiffFolder()
        let ids = (0..<30_000).map { OrderID(rawValue: 60_000_000 << 32 | UInt64($0)) }
        let path = try folder.write("f", ids.map { "\($0.rawValue)\n" }.joined() + "x\n\n")
        var seen: [OrderID] = []
        let reading = try StatementFile.each([path], .ids) { id throws(ReadStop) in seen.append(id) }
        #expect(seen == ids && reading.files == 1)
        #expect(reading.tally.lines == 30_002 && reading.tally.counts == [.malformed: 1])
        var count = 0
        #expect(throws: ReadStop.self) {
            try StatementFile.each([path], .ids) { _ throws(ReadStop) in
                count += 1
                if count == 10 { throw .stopped }
            }
        }
        #expect(count == 10)
    }

    @Test func namesOfMembersMayBeEscaped() throws {
        let text = #"{"\u8ba2\u5355":"\#(Self.one.text)"}"# + "\n" + #"{"订单":"\#(Self.two.text)"}"#
        #expect(try Self.read(text, .jsonl(field: "订单")).granted == [Self.one: 1, Self.two: 1])
    }

    @Test func optionsAreReadFromTheRight() {
        #expect(StatementOption(argument: "dragon=a.txt")?.format == .ids)
        let csv = StatementOption(argument: "dragon=a:b=c.csv:csv=order id")
        #expect(csv?.path == "a:b=c.csv" && csv?.format == .csv(column: "order id"))
        #expect(StatementOption(argument: "d=x:jsonl=id")?.format == .jsonl(field: "id"))
        #expect(StatementOption(argument: "d=x:y")?.path == "x:y")
        for bad in ["", "dragon", "=a", "dragon=", "dragon=:ids"] {
            #expect(StatementOption(argument: bad) == nil)
        }
    }
}
