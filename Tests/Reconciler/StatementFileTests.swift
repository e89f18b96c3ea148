import CampaignFiles
import Orders
import Testing
import Wire

@testable import Reconciler

/// What games hand in: every line counts, and none is skipped in silence.
@Suite struct StatementFileTests {
    static let one = OrderID(lane: 1, shard: 2, sequence: 3)
    static let two = OrderID(lane: 1, shard: 2, sequence: 4)

    static func read(_ text: String, _ format: StatementFormat) throws -> GameStatement {
        try StatementFile.read(Array(text.utf8), name: "f", format, madeAtMs: 5)
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
            let read = try StatementFile.read(bytes, name: "f", format, madeAtMs: 0)
            #expect(read.granted.values.reduce(0, +) == read.lines)
            #expect(read.malformed > 0 && read.examples.count == min(100, read.malformed))
        }
        let long = [UInt8](repeating: UInt8(ascii: "7"), count: 5_000)
        #expect(try StatementFile.read(long, name: "f", .ids, madeAtMs: 0).malformed == 1)
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
