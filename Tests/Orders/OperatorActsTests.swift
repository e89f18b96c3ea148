import Catalog
import Orders
import Testing
import Wire

/// The limits and pauses that operators have set, folded from records in any order.
@Suite("operators' acts on deliveries")
struct OperatorActsTests {
    private static let game = Game(
        id: "star", slot: 0, name: LocalizedText(en: "Star", zh: "星"),
        limit: RateLimit(perSecond: 500, burst: 50),
        maxConcurrency: 40, requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://g/",
        queryEndpoint: nil, roleServiceEndpoint: "http://g/{user}", idempotent: true, regions: [])

    private func limit(
        _ game: String?, _ perSecond: Double, _ burst: Int, _ concurrency: Int? = nil, at: Int64
    ) -> ControlRecord {
        .limit(
            game: game, perSecond: perSecond, burst: burst, maxConcurrency: concurrency, by: "eve",
            reason: "because", atMs: at)
    }

    @Test("nobody has set anything: the files hold, and nothing is paused")
    func empty() {
        let acts = OperatorActs()
        let limit = acts.limit(of: Self.game)
        #expect(limit.rate == RateLimit(perSecond: 500, burst: 50))
        #expect(limit.maxConcurrency == 40 && limit.act == nil)
        #expect(acts.gate(of: "star") == nil && !acts.isPaused("star"))
        #expect(acts.entries.isEmpty)
    }

    @Test("a limit holds for its game; without a concurrency the file's does, below the burst")
    func limits() {
        var acts = OperatorActs()
        acts.take(limit("star", 10, 12, at: 5))
        #expect(acts.limit(of: Self.game).maxConcurrency == 11)
        #expect(acts.limit(of: Self.game).act == OperatorActs.Act(by: "eve", reason: "because", atMs: 5))
        acts.take(limit("star", 20, 100, at: 6))
        #expect(acts.limit(of: Self.game).maxConcurrency == 40)
        acts.take(limit("star", 20, 100, 7, at: 7))
        #expect(acts.limit(of: Self.game).maxConcurrency == 7)
        #expect(!acts.taking(limit("star", 99, 100, at: 6)))
        #expect(acts.limit(of: Self.game).rate == RateLimit(perSecond: 20, burst: 100))
        // The total's limit and another game's are other fields.
        acts.take(limit(nil, 1, 2, at: 1))
        acts.take(limit("moon", 1, 2, at: 1))
        #expect(acts.limit(of: Self.game).rate.perSecond == 20)
        #expect(acts.entries.map(\.field) == ["l:", "l:moon", "l:star"])
    }

    @Test("a gate is shut and opened by who came last; a record taken twice changes nothing")
    func gates() {
        var acts = OperatorActs()
        let shut = ControlRecord.gate(game: "star", isPaused: true, by: "deliverer", reason: "410", atMs: 5)
        let open = ControlRecord.gate(game: "star", isPaused: false, by: "ann", reason: "back", atMs: 9)
        acts.take(shut)
        acts.take(open)
        // Again, then one that is older.
        #expect(acts.taking(open) && !acts.taking(shut))
        #expect(!acts.isPaused("star") && acts.gate(of: "star")?.act.by == "ann")
        #expect(acts.nextAtMs("g:star", nowMs: 3) == 10 && acts.nextAtMs("g:star", nowMs: 30) == 30)
        #expect(acts.nextAtMs("g:moon", nowMs: 3) == 3)
    }

    @Test("what is neither a limit nor a gate is let pass")
    func others() {
        let acts = OperatorActs()
        #expect(!acts.taking(.lane(lane: 1, owner: 2, atMs: 3)))
        #expect(
            !acts.taking(.parked(order: OrderID(rawValue: 1), granted: true, by: "e", reason: "r", atMs: 3)))
        #expect(acts == OperatorActs())
    }

    @Test("seeded: whatever the order and the repeats, everybody folds the same records to the same acts")
    func anyOrder() {
        for seed in 0..<200 {
            var random = SplitMix64(seed: UInt64(seed))
            let records = (0..<40).map { _ -> ControlRecord in
                let name = ["star", "moon"][Int(random.next() % 2)]
                // Few times, so that many are equal.
                let at = Int64(random.next() % 6)
                if random.next() % 2 == 0 {
                    return .gate(
                        game: name, isPaused: random.next() % 2 == 0, by: "o\(random.next() % 3)",
                        reason: "r", atMs: at)
                }
                return limit(random.next() % 3 == 0 ? nil : name, Double(1 + random.next() % 9), 10, at: at)
            }
            var first = OperatorActs()
            for record in records { first.take(record) }
            for _ in 0..<5 {
                var again = OperatorActs()
                for record in (records + records.prefix(9)).shuffled(using: &random) { again.take(record) }
                #expect(again == first, "seed \(seed)")
            }
            // And what is written down folds to the same.
            var read = OperatorActs()
            for entry in first.entries {
                guard let record = try? ControlRecord.decode(entry.record.encode()) else {
                    Issue.record("seed \(seed): not read back")
                    continue
                }
                #expect(OperatorActs.field(of: record) == entry.field)
                read.take(record)
            }
            #expect(read == first)
        }
    }

    @Test("never more entries than games have fields")
    func bounded() {
        var acts = OperatorActs()
        for n in 0..<500 { acts.take(limit("game-\(n)", 1, 2, at: 1)) }
        #expect(acts.entries.count == OperatorActs.maxFields)
        // One that is known is still changed.
        #expect(acts.taking(limit("game-0", 2, 2, at: 2)))
    }

    @Test(
        "a record that no pacer could take is refused",
        arguments: [
            #"{"v":1,"kind":"limit","perSecond":0,"burst":5,"by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"limit","perSecond":1000001,"burst":5,"by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"limit","perSecond":5,"burst":1,"by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"limit","game":"","perSecond":5,"burst":5,"by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"limit","perSecond":5,"burst":5,"maxConcurrency":0,"by":"","reason":"r","at":1}"#,
            #"{"v":1,"kind":"limit","perSecond":5,"burst":5,"by":"e","reason":"r","at":1,"more":1}"#,
            #"{"v":1,"kind":"gate","game":"g","by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"gate","game":"g","paused":1,"by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"redrive","batch":"b","orders":1,"phase":"x","by":"e","reason":"r","at":1}"#,
            #"{"v":1,"kind":"parked","order":"U","granted":true,"by":"e","reason":"r","at":1}"#,
        ])
    func refused(text: String) {
        #expect(throws: RecordFault.self) { try ControlRecord.decode(Array(text.utf8)) }
    }
}

extension OperatorActs {
    /// Whether it would hold.
    fileprivate func taking(_ record: ControlRecord) -> Bool {
        var copy = self
        return copy.take(record)
    }
}
