import Bench
import Foundation
import Testing
import Wire

@Suite("Results of a bench")
struct ResultTests {
    private func row(_ ratio: Double, _ better: ResultRow.Better, pass: Double?, aim: Double? = nil)
        -> ResultRow
    {
        ResultRow("m", ours: ratio, unit: "u", better: better, peer: 1, peerName: "p", pass: pass, aim: aim)
    }

    @Test("the verdict: aim, pass, missed; higher or lower is better")
    func verdict() {
        #expect(row(1.3, .higher, pass: 1, aim: 1.25).verdict == .aim)
        #expect(row(1.1, .higher, pass: 1, aim: 1.25).verdict == .pass)
        #expect(row(0.99, .higher, pass: 1, aim: 1.25).verdict == .missed)
        #expect(row(1.2, .lower, pass: 1.2).verdict == .pass)
        #expect(row(1.21, .lower, pass: 1.2).verdict == .missed)
        #expect(row(5, .lower, pass: nil).verdict == .none)
        #expect(ResultRow("m", ours: 5, unit: "u", better: .lower, pass: 1).verdict == .none)
    }

    @Test("a void series has no ratio, in the table and in the file")
    func void() throws {
        let pairs = PairSeries(1, ours: { Sample(2, busy: 0.5) }, peer: { Sample(1, busy: 1) })
        let row = ResultRow("m", pairs, unit: "u", better: .higher, peerName: "p", pass: 1)
        #expect(row.verdict == .void && row.ratio == nil)
        #expect(ResultTable([row]).text.contains("void"))
        #expect(try members(of: row)["ratio"] == .null)
    }

    private func members(of row: ResultRow) throws -> JSONObject {
        guard case .array(let rows) = try JSON.parse(ResultFile.bytes([row]), limits: .document),
            rows.count == 1, case .object(let object) = rows[0]
        else {
            Issue.record("not a list of one object")
            throw CancellationError()
        }
        return object
    }

    @Test("the file is a list of objects with just the members that its readers know")
    func file() throws {
        let object = try members(of: row(1.5, .higher, pass: 1, aim: 1.25))
        let names = ["measure", "ours", "peer", "peer_name", "unit", "ratio", "better", "pass", "aim"]
        #expect(Array(object.keys) == names)
        #expect(object["measure"] == .string("m") && object["peer_name"] == .string("p"))
        #expect(object["ratio"] == .double(1.5) && object["better"] == .string("higher"))
        #expect(object["aim"] == .double(1.25))
        #expect(try JSON.parse(ResultFile.bytes([]), limits: .request) == .array([]))
    }

    @Test("what has no peer and no goal is null there")
    func nulls() throws {
        let object = try members(of: ResultRow("m", ours: .nan, unit: "u", better: .lower))
        for name in ["ours", "peer", "peer_name", "ratio", "pass", "aim"] {
            #expect(object[name] == .null, "\(name)")
        }
    }

    @Test("the file is written under the base, and replaced")
    func written() throws {
        let base = NSTemporaryDirectory() + "bench-result-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: base) }
        try ResultFile.write([], part: "some", under: base)
        let path = try ResultFile.write([row(1, .lower, pass: nil)], part: "some", under: base)
        #expect(path == "\(base)/bench/some.json")
        let bytes = try #require(FileManager.default.contents(atPath: path))
        #expect([UInt8](bytes) == ResultFile.bytes([row(1, .lower, pass: nil)]))
    }

    @Test("the table: a head, a line a row, columns in line, goals with their sign")
    func table() {
        let lines = ResultTable([
            ResultRow(
                "lists a second", ours: 81_234, unit: "/s", better: .higher, peer: 65_000, peerName: "nginx",
                pass: 1, aim: 1.25, note: "busy 99 %"),
            ResultRow("cost", ours: 3.456, unit: "µs", better: .lower),
        ]).text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("81,234") && lines[1].contains("65,000"))
        #expect(lines[1].contains("1.25") && lines[1].contains("≥ 1.00"))
        #expect(lines[1].hasSuffix("busy 99 %"))
        #expect(lines[2] == "cost" + String(repeating: " ", count: 14) + "3.46          µs")
    }

    @Test(
        "figures show three digits that count",
        arguments: [
            (0, "0"), (0.001234, "0.00123"), (0.0567, "0.0567"), (0.5, "0.500"), (1, "1.00"),
            (9.999, "10.0"), (12.34, "12.3"), (99.96, "100"), (1234.5, "1,235"), (1_234_567, "1,234,567"),
            (-2.5, "-2.50"), (.infinity, "-"),
        ])
    func figures(value: Double, text: String) {
        #expect(Figure.text(value) == text)
    }
}
