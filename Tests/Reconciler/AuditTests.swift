import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("The audit")
struct AuditTests {
    private static let records: [ControlRecord] = [
        .lane(lane: 7, owner: 8, atMs: 1),
        .limit(
            game: "dragon", perSecond: 9.5, burst: 5, maxConcurrency: 4, by: "ann", reason: "slow", atMs: 2),
        .limit(game: nil, perSecond: 100, burst: 50, maxConcurrency: nil, by: "ann", reason: "all", atMs: 3),
        .gate(game: "dragon", isPaused: true, by: "deliverer", reason: "410", atMs: 4),
        .gate(game: "dragon", isPaused: false, by: "bob", reason: "back", atMs: 5),
        .stock(act: "a", gift: "lamp", add: 10, units: 3, by: "bob", reason: "more", atMs: 6),
        .approval(order: OrderID(rawValue: 5), verdict: .refused, by: "eve", reason: "no", atMs: 7),
        .redrive(batch: "b", orders: 12, phase: .begun, by: "eve", reason: "fixed", atMs: 8),
        .resend(plan: "c0ffee", orders: 3, phase: .done, by: "mei", reason: "lost", atMs: 9),
        .settle(batch: "s", gift: "lamp", phase: .begun, by: "mei", reason: "end", atMs: 10),
        .parked(order: OrderID(rawValue: 6), granted: true, by: "ann", reason: "asked", atMs: 11),
        .epoch(epoch: 2, cause: "redis was lost", by: "reconciler-1", atMs: 12),
        .run(run: "2-3", by: "ann", reason: "talk", atMs: 13),
    ]

    private static func lines(_ filter: AuditFilter = AuditFilter()) -> [AuditLine] {
        records.compactMap { AuditLine($0) { $0 == "lamp" ? "lantern" : nil } }.filter(filter.lets)
    }

    @Test("every act is one line of its kind, in the topic's order; lanes are nobody's")
    func kinds() {
        let lines = Self.lines()
        #expect(lines.count == Self.records.count - 1)
        #expect(Set(lines.map(\.kind)) == Set(AuditKind.allCases))
        #expect(lines.map(\.atMs) == lines.map(\.atMs).sorted())
        #expect(lines.first?.subject == "dragon 9.5/s, burst 5, 4 at once")
        #expect(lines.allSatisfy { !$0.by.isEmpty && !$0.reason.isEmpty })
    }

    @Test("filters: by whom, what, which game, since when, and all together")
    func filters() {
        #expect(Self.lines(AuditFilter(by: ["ann"])).count == 4)
        #expect(Self.lines(AuditFilter(by: ["ann", "bob"])).count == 6)
        #expect(Self.lines(AuditFilter(kinds: [.pause, .resume])).map(\.by) == ["deliverer", "bob"])
        #expect(Self.lines(AuditFilter(games: ["lantern"])).map(\.kind) == [.stock, .settle])
        #expect(Self.lines(AuditFilter(games: ["dragon"])).count == 3)
        #expect(Self.lines(AuditFilter(sinceMs: 12)).map(\.kind) == [.rebuild, .run])
        #expect(Self.lines(AuditFilter(by: ["ann"], kinds: [.limit], games: ["dragon"], sinceMs: 3)).isEmpty)
    }

    @Test("a moment is a time, or so long ago")
    func since() {
        #expect(AuditFilter.since("1970-01-01T00:00:02Z", nowMs: 9) == 2_000)
        #expect(AuditFilter.since("1970-01-01T08:00:02+08:00", nowMs: 9) == 2_000)
        #expect(AuditFilter.since("90m", nowMs: 6_000_000) == 600_000)
        for text in ["", "m", "-1h", "1w", "yesterday", "9999999999999d"] {
            #expect(AuditFilter.since(text, nowMs: 0) == nil, "\(text)")
        }
    }

    @Test("JSON lines are one line each; the table shows nothing that a terminal obeys")
    func forms() throws {
        let record = ControlRecord.gate(
            game: "dragon", isPaused: true, by: "an\u{1B}[31mn", reason: "a\nb\u{202E}c", atMs: 0)
        let line = try #require(AuditLine(record) { _ in nil })
        let json = line.json()
        #expect(!json.contains(UInt8(ascii: "\n")))
        guard case .object(let object) = try JSON.parse(json, limits: .record) else { return }
        #expect(object["at"] == .string("1970-01-01T00:00:00.000Z"))
        #expect(object["reason"] == .string("a\nb\u{202E}c"))
        let table = AuditCommand.table([line])
        #expect(table.split(separator: "\n").count == 2)
        #expect(!table.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    }
}
