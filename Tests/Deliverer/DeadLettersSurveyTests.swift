import Orders
import Testing
import Wire

@testable import Deliverer

@Suite("Dead letters: what stands of each order")
struct DeadLettersSurveyTests {
    @Test("the index keeps the latest letter of every order, whatever order they come in")
    func index() async {
        var random = SplitMix64(seed: 11)
        for _ in 0..<20 {
            var (index, latest) = (LetterIndex(), [OrderID: UInt64]())
            for offset in 0..<Int64(3_000) {
                let order = OrderID(rawValue: random.next() % 700)
                let entry = LetterIndex.Entry(
                    order: order, attempt: UInt16(random.next() % 4), partition: Int32(random.next() % 256),
                    offset: Int64(random.next() % (1 << 40)), group: UInt32(truncatingIfNeeded: offset),
                    isMeant: true)
                index.add(entry)
                latest[order] = max(latest[order] ?? 0, entry.rank)
            }
            let entries = index.entries()
            #expect(entries.count == latest.count)
            #expect(entries.allSatisfy { latest[$0.order] == $0.rank })
            var drained = [OrderID]()
            await index.drain { drained += $0.map(\.order) }
            #expect(Set(drained) == Set(latest.keys) && drained.count == latest.count)
            #expect(index.entries().isEmpty)
        }
    }

    @Test("memory follows the orders, not the letters: at most 40 bytes an order")
    func memory() {
        var index = LetterIndex()
        let orders = 60_000
        for round in 0..<5 {
            for number in 0..<orders {
                index.add(
                    LetterIndex.Entry(
                        order: OrderID(rawValue: UInt64(number)), attempt: UInt16(round), partition: 1,
                        offset: Int64(round * orders + number), group: 0, isMeant: true))
            }
            #expect(index.bytes <= orders * 40, "\(index.bytes / orders) bytes an order, round \(round)")
        }
        #expect(index.entries().count == orders)
    }

    @Test("a place in the topic survives its packing; an entry takes 24 bytes")
    func packing() {
        #expect(MemoryLayout<LetterIndex.Entry>.stride == 24)
        for (attempt, partition, offset) in [
            (UInt16.max, Int32(255), Int64(1) << 40 - 1), (0, 0, 0), (7, 128, 5),
        ] {
            let entry = LetterIndex.Entry(
                order: OrderID(rawValue: 1), attempt: attempt, partition: partition, offset: offset,
                group: 9, isMeant: false)
            #expect((entry.attempt, entry.partition, entry.offset) == (attempt, partition, offset))
        }
    }

    @Test("an order whose latest letter is not meant is not meant, although an older one is")
    func latest() async {
        let letters = [
            Letters.letter(1, attempt: 1), Letters.letter(2, attempt: 1),
            Letters.letter(1, attempt: 2, outcome: .expired, status: 0, reason: "its deadline passed"),
        ]
        var survey = Letters.survey(letters, LetterFilter(ending: .rejected))
        #expect(survey.letters == 3)
        var meant = [OrderID]()
        await survey.drain { meant += $0.map(\.order) }
        #expect(meant == [OrderID(rawValue: 2)])
    }

    @Test("windows and groups are bounded, and the newest are kept")
    func bounds() async {
        let letters = (0..<100).map {
            Letters.letter(UInt64($0), reason: "r\($0 % 7)", atMs: Int64($0) * 37 % 101)
        }
        var survey = Letters.survey(letters, window: 5)
        #expect(survey.newest.count <= 10 && survey.groups.count == 7)
        let newest = letters.map(\.atMs).sorted().suffix(5)
        #expect(Set(newest).isSubset(of: Set(survey.newest.map(\.atMs))))
        for number in 0..<LetterSurvey.maxGroups + 50 {
            let letter = Letters.letter(1_000 + UInt64(number), reason: "other \(number)")
            survey.take(
                Letters.record(letter.encode(Letters.catalog), offset: Int64(1_000 + number)), partition: 0)
        }
        #expect(survey.groups.count == LetterSurvey.maxGroups + 1)
        #expect(survey.groups.last?.reason == LetterSurvey.otherReasons)
        var orders = 0
        await survey.drain { orders += $0.count }
        #expect(orders == 100 + LetterSurvey.maxGroups + 50)
    }

    @Test("the report counts where orders stand now, the largest group first, foreign text escaped")
    func report() throws {
        let letters = [
            Letters.letter(1, reason: "b", answer: "no\u{1b}[0m\nsuch role"), Letters.letter(2, reason: "a"),
            Letters.letter(3, reason: "a"), Letters.letter(4, game: "moon-rabbit", reason: "a"),
        ]
        var survey = Letters.survey(letters)
        survey.take(
            Letters.record(
                PoisonRecord.encode(
                    topic: "t.orders.x", partition: 0, offset: 1, reason: "bad\n", value: Array("x\u{7}".utf8)
                ),
                offset: 9, atMs: 100),
            partition: 0)
        survey.take(Letters.record(Array("?".utf8), offset: 10), partition: 0)
        var counts = [LetterReport.Counts](repeating: .init(), count: survey.groups.count)
        for state in [OrderState.rejected, .delivered, .inFlight] { counts[1].count(state) }
        for group in [0, 2] { counts[group].count(.voided) }
        let report = LetterReport(
            survey, counts: counts, letters: letters.map { .init(record: $0, state: .queued) }, nowMs: 61_000)
        #expect(report.lines.first?.counts == .init(orders: 3, dead: 1, open: 1, delivered: 1))
        let text = report.text
        #expect(
            text.contains(#"no\u{1b}[0m\nsuch role"#) && text.contains(#"bad\n"#) && text.contains(#"x\u{7}"#)
        )
        #expect(text.contains("1m 0s") && text.contains("1 records that nobody could read"))
        #expect(text.contains("1 lines that are neither"))
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
        guard case .object(let json) = try JSON.parse(report.json, limits: .document),
            case .array(let groups)? = json["groups"], case .array(let shown)? = json["letters"]
        else {
            Issue.record("no JSON")
            return
        }
        #expect(groups.count == 3 && shown.count == 4 && json["poison_records"] == .integer(1))
    }
}
