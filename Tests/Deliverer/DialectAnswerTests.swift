import Catalog
import HTTPClient
import Orders
import Testing
import Wire

@testable import Deliverer

@Suite("A game's answers in its own dialect")
struct DialectAnswerTests {
    private func answered(_ status: Int, _ body: String = "", isTruncated: Bool = false) -> HTTPClientOutcome
    {
        .answered(
            HTTPClientResponse(
                status: status, retryAfterS: nil, body: Array(body.utf8), isTruncated: isTruncated))
    }

    private func rule(
        _ value: JSON, _ means: AnswerRules.Meaning
    ) throws -> AnswerRule<AnswerRules.Meaning> {
        let field = try #require(FieldPath("data.ret"))
        return AnswerRule(
            AnswerMatch(statuses: StatusSet([200...200]), field: field, equals: [value]), means: means)
    }

    private func rules(otherwise: AnswerRules.Meaning = .unknown) throws -> AnswerRules {
        AnswerRules(
            rules: [
                try rule(.integer(0), .granted), try rule(.integer(7), .alreadyGranted),
                try rule(.string("no"), .rejected), try rule(.integer(9), .throttled),
            ], otherwise: otherwise)
    }

    private func outcome(_ outcome: HTTPClientOutcome, _ rules: AnswerRules) -> Outcome {
        AnswerClassifier.classify(outcome, idempotent: true, rules: rules).outcome
    }

    @Test("promise 4: rules read the body; what they do not understand is unknown")
    func bodies() throws {
        let rules = try rules()
        let table: [(Int, String, Outcome)] = [
            (200, #"{"data":{"ret":0}}"#, .granted), (200, #"{"data":{"ret":0.0}}"#, .granted),
            (200, #"{"data":{"ret":7}}"#, .alreadyGranted), (200, #"{"data":{"ret":"no"}}"#, .rejected),
            (200, #"{"data":{"ret":9}}"#, .throttled), (200, #"{"data":{"ret":"0"}}"#, .unknown),
            (200, #"{"data":{"ret":1}}"#, .unknown), (200, "<html>", .unknown), (200, "", .unknown),
            (204, "", .unknown), (301, "", .unknown), (404, "", .unknown), (409, "", .unknown),
            (429, "", .throttled), (500, "", .failed),
        ]
        for (status, body, expected) in table {
            #expect(outcome(answered(status, body), rules) == expected, "\(status) \(body)")
        }
        #expect(outcome(answered(200, #"{"data":{"ret":0}}"#, isTruncated: true), rules) == .unknown)
    }

    @Test("a declared default is of values that no rule names; what cannot be read stays unknown")
    func otherwise() throws {
        let rules = try rules(otherwise: .rejected)
        #expect(outcome(answered(200, #"{"data":{"ret":1}}"#), rules) == .rejected)
        for body in ["", "{}", "[]", #"{"data":1}"#, #"{"data":{"ret":0"#] {
            #expect(outcome(answered(200, body), rules) == .unknown)
        }
    }

    @Test("lists of codes without rules")
    func lists() {
        let rules = AnswerRules(success: StatusSet([200...200]), alreadyGranted: StatusSet([208...208]))
        let table: [(Int, Outcome)] = [
            (200, .granted), (208, .alreadyGranted), (204, .unknown), (409, .rejected), (404, .rejected),
            (303, .unknown), (425, .throttled), (503, .failed),
        ]
        for (status, expected) in table {
            #expect(outcome(answered(status), rules) == expected, "\(status)")
        }
        #expect(AnswerClassifier.classify(answered(410), idempotent: true, rules: rules).pausesGame)
        #expect(outcome(answered(201), AnswerRules()) == .granted)
        #expect(outcome(answered(409), AnswerRules()) == .alreadyGranted)
    }

    @Test("promise 4: garbage is never taken for an end", arguments: 0..<40)
    func garbage(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let rules = try rules(otherwise: .rejected)
        let good = Array(#"{"data":{"ret":7,"x":[1,{"a":"b"}]}}"#.utf8)
        for _ in 0..<200 {
            var body = Array(good.prefix(Int(random.next() % UInt64(good.count))))
            for _ in 0..<(random.next() % 4) where !body.isEmpty {
                body[Int(random.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            // Cut before its last brace it is no JSON, whatever else was changed in it.
            if (try? JSON.parse(body, limits: .record)) != nil { continue }
            let response = HTTPClientResponse(
                status: 200, retryAfterS: nil, body: body, isTruncated: false)
            #expect(outcome(.answered(response), rules) == .unknown)
        }
    }

    @Test("the query's own rules; without a match the game has said nothing")
    func query() throws {
        let field = try #require(FieldPath("/state"))
        let dialect = QueryDialect(rules: [
            AnswerRule(AnswerMatch(field: field, equals: [.string("done")]), means: .granted),
            AnswerRule(AnswerMatch(statuses: StatusSet([404...404])), means: .notGranted),
        ])
        #expect(AnswerClassifier.told(answered(200, #"{"state":"done"}"#), query: dialect) == .granted)
        #expect(AnswerClassifier.told(answered(404), query: dialect) == .notGranted)
        for odd in [answered(200, #"{"granted":true}"#), answered(200), answered(500)] {
            guard case .nothing = AnswerClassifier.told(odd, query: dialect) else {
                Issue.record("\(odd) was believed")
                return
            }
        }
    }
}
