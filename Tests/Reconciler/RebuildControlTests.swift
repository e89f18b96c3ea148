import Catalog
import Orders
import Testing

@testable import Reconciler

/// Limits and pauses that operators have set: what either store has lost of them the other one brings back.
@Suite("Limits and pauses rebuilt")
struct RebuildControlTests {
    private static let limit = ControlRecord.limit(
        game: "carp", perSecond: 5, burst: 4, maxConcurrency: nil, by: "eve", reason: "r", atMs: 10)
    private static let pause = ControlRecord.gate(
        game: "carp", isPaused: true, by: "deliverer", reason: "410", atMs: 20)
    private static let resume = ControlRecord.gate(
        game: "carp", isPaused: false, by: "ann", reason: "back", atMs: 30)

    private func plan(redis: [ControlRecord], kafka: [ControlRecord]) -> RebuildPlan {
        var book = RebuildBook(ReconcilerFixture.catalog)
        for record in redis { book.kept(record) }
        for record in kafka { book.controlled(record) }
        return RebuildPlan(book)
    }

    private func missing(_ plan: RebuildPlan) -> [ControlRecord] {
        plan.missing.compactMap { if case .control(let record) = $0 { record } else { nil } }
    }

    private func held(_ plan: RebuildPlan) -> [ControlRecord] { plan.control.entries.map(\.record) }

    @Test("Redis is empty: the newest of each field comes out of Kafka, which lacks nothing")
    func redisLost() {
        let plan = plan(redis: [], kafka: [Self.resume, Self.limit, Self.pause])
        #expect(held(plan) == [Self.resume, Self.limit] && missing(plan).isEmpty)
    }

    @Test("Kafka is empty: it gets what Redis has, as it was set")
    func kafkaLost() {
        let plan = plan(redis: [Self.limit, Self.resume], kafka: [])
        #expect(missing(plan) == [Self.resume, Self.limit] && held(plan) == [Self.resume, Self.limit])
    }

    @Test("both have something: the newer holds, and only what Kafka lacks is written")
    func both() {
        let behind = plan(redis: [Self.pause], kafka: [Self.limit, Self.pause, Self.resume])
        #expect(held(behind) == [Self.resume, Self.limit] && missing(behind).isEmpty)
        let ahead = plan(redis: [Self.resume, Self.limit], kafka: [Self.limit, Self.pause])
        #expect(held(ahead) == [Self.resume, Self.limit] && missing(ahead) == [Self.resume])
        let alike = plan(redis: [Self.limit], kafka: [Self.limit])
        #expect(held(alike) == [Self.limit] && missing(alike).isEmpty)
    }
}
