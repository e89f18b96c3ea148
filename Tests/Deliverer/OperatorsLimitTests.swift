import Catalog
import HTTPServer
import Operators
import Orders
import Pacing
import Testing
import Wire

@testable import Deliverer

/// What operators ask for, checked before anything is written.
@Suite("operators' limits: requests and answers")
struct OperatorsLimitTests {
    static let game = Game(
        id: "star", slot: 0, name: LocalizedText(en: "Star", zh: "星"),
        limit: RateLimit(perSecond: 500, burst: 50), maxConcurrency: 40, requestTimeoutMs: 1000,
        connectTimeoutMs: 500, endpoint: "http://g/", queryEndpoint: nil,
        roleServiceEndpoint: "http://g/{user}",
        idempotent: true, regions: [])
    /// A total of 1,000 a second.
    private var total: OperatorActs.Limit {
        var acts = OperatorActs()
        acts.take(
            .limit(
                game: Self.game.id, perSecond: 1000, burst: 100, maxConcurrency: nil, by: "e", reason: "r",
                atMs: 1))
        return acts.limit(of: Self.game)
    }

    private func problem(_ body: () throws -> Void) -> OperatorProblem? {
        do {
            try body()
            return nil
        } catch {
            return error as? OperatorProblem
        }
    }

    private func problem(of body: String) -> OperatorProblem? {
        problem { _ = try LimitRequest.parse(Array(body.utf8)) }
    }

    @Test("a request is read strictly, and written as it is read")
    func request() throws {
        let text = #"{"perSecond":0.5,"burst":5,"maxConcurrency":4,"reason":"asked for"}"#
        let request = try LimitRequest.parse(Array(text.utf8))
        #expect(request == LimitRequest(perSecond: 0.5, burst: 5, maxConcurrency: 4, reason: "asked for"))
        #expect(try LimitRequest.parse(request.encode()) == request)
        let short = try LimitRequest.parse(Array(#"{"perSecond":5,"burst":5,"reason":"r"}"#.utf8))
        #expect(short.maxConcurrency == nil && short.perSecond == 5)
        #expect(try LimitRequest.parse(short.encode()) == short)
    }

    @Test(
        "what is at fault is named",
        arguments: [
            (#"{"burst":5,"reason":"r"}"#, "perSecond"),
            (#"{"perSecond":0,"burst":5,"reason":"r"}"#, "perSecond"),
            (#"{"perSecond":0.0009,"burst":5,"reason":"r"}"#, "perSecond"),
            (#"{"perSecond":1000001,"burst":5,"reason":"r"}"#, "perSecond"),
            (#"{"perSecond":"5","burst":5,"reason":"r"}"#, "perSecond"),
            (#"{"perSecond":5,"reason":"r"}"#, "burst"),
            (#"{"perSecond":5,"burst":1,"reason":"r"}"#, "burst"),
            (#"{"perSecond":5,"burst":5.5,"reason":"r"}"#, "burst"),
            (#"{"perSecond":5,"burst":5,"maxConcurrency":0,"reason":"r"}"#, "maxConcurrency"),
            (#"{"perSecond":5,"burst":5}"#, "reason"),
            (#"{"perSecond":5,"burst":5,"reason":"  "}"#, "reason"),
            (#"{"perSecond":5,"burst":5,"reason":"a\nb"}"#, "reason"),
            (#"{"perSecond":5,"burst":5,"reason":"r","game":"star"}"#, "game"),
        ])
    func faults(body: String, field: String) {
        let problem = problem(of: body)
        #expect(problem?.status == 400 && problem?.slug == "malformed" && problem?.field == field, "\(body)")
    }

    @Test("a game's limit fits the total in force, and its concurrency the burst")
    func fits() throws {
        func request(_ perSecond: Double, _ burst: Int, _ concurrency: Int?) -> LimitRequest {
            LimitRequest(perSecond: perSecond, burst: burst, maxConcurrency: concurrency, reason: "r")
        }
        #expect(problem { try request(1000, 10, 9).check(game: Self.game, total: total) } == nil)
        let over = problem { try request(1000.5, 10, nil).check(game: Self.game, total: total) }
        #expect(over?.status == 409 && over?.slug == "over-total" && over?.field == "perSecond")
        #expect(over?.detail?.contains("1000.0") == true)
        let wide = problem { try request(10, 10, 10).check(game: Self.game, total: total) }
        #expect(wide?.status == 400 && wide?.field == "maxConcurrency")
        // The total itself may be anything, but has no concurrency.
        #expect(problem { try request(5000, 10, nil).check(game: nil, total: total) } == nil)
        #expect(problem { try request(5, 10, 3).check(game: nil, total: total) }?.field == "maxConcurrency")
    }

    @Test("what a record may hold is what a pacer takes: the ranges are the same")
    func ranges() throws {
        #expect(LimitRequest.rates == 0.001...Double(CatalogLimits.perSecond))
        #expect(LimitRequest.bursts == 2...CatalogLimits.burst)
        for perSecond in [LimitRequest.rates.lowerBound, LimitRequest.rates.upperBound] {
            for burst in [LimitRequest.bursts.lowerBound, LimitRequest.bursts.upperBound] {
                let record = ControlRecord.limit(
                    game: "g", perSecond: perSecond, burst: burst, maxConcurrency: nil, by: "e", reason: "r",
                    atMs: 1)
                #expect(try ControlRecord.decode(record.encode()) == record)
                _ = try PacingLimit(perSecond: perSecond, burst: burst)
            }
        }
    }

    @Test("problems are problem documents with type, field and Retry-After")
    func documents() {
        let missing = OperatorProblem.noSuchGame("moon").response
        #expect(missing.status == 404 && missing.contentType == "application/problem+json")
        let later = OperatorProblem.written("gone").response
        #expect(later.status == 503 && later.headers.contains { $0.0 == "retry-after" && $0.1 == "1" })
        #expect(OperatorProblem.overtaken.response.status == 409)
    }

    @Test("the document of limits survives the round trip")
    func limitsDocument() throws {
        let act = OperatorActs.Act(by: "eve", reason: "\"because\"", atMs: 7)
        let numbers = LimitsDocument.Numbers(perSecond: 0.25, burst: 9, maxConcurrency: 8)
        let document = LimitsDocument(
            total: .init(
                limit: .init(perSecond: 5000, burst: 500), file: .init(perSecond: 9000, burst: 9), set: act),
            games: [
                .init(game: "star", limit: numbers, file: numbers, set: act, isPaused: true, gate: act),
                .init(game: "moon", limit: numbers, file: numbers),
            ])
        #expect(try LimitsDocument.decode(document.encode()) == document)
    }

    @Test("a reason that no person wrote is cut at a character and kept in one line")
    func reasons() {
        #expect(OperatorReason.cut("a\nb\u{7F}c") == "a b c")
        #expect(OperatorReason.cut("红包红包", maxBytes: 7) == "红包")
        #expect(OperatorReason.cut(" \n") == "no reason was given")
    }
}
