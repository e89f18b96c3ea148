import Testing
import Wire

@testable import Catalog

@Suite("Games' dialects in games.json")
struct DialectTests {
    private static let good = #"""
        {"method": "POST", "body": {"form": {"uid": "{user}", "order": "{order}", "from": "hong bao"}},
         "headers": {"x-channel": "hongbao"}, "success": [201], "alreadyGranted": ["208-208"],
         "rules": [{"status": 200, "field": "data.ret", "equals": [0, "0"], "means": "granted"},
                   {"status": ["520-529"], "means": "throttled"}],
         "otherwise": "rejected",
         "signature": {"scheme": "hmac-query", "timestamp": "time", "parameter": "sign"}}
        """#

    private func faults(_ dialect: String, _ edits: [(String, JSON?)] = [], game: Int = 0) throws -> [String]
    {
        var fixture = try CatalogFixture()
        fixture.games = fixture.games.with("games.\(game).dialect", try CatalogFixture.parse(dialect))
        for (edit, value) in edits { fixture.games = fixture.games.with("games.\(game).\(edit)", value) }
        return fixture.faults().map { "\($0.path): \($0.reason)" }
    }

    @Test("a whole one is read, and the schema takes it")
    func whole() throws {
        var fixture = try CatalogFixture()
        fixture.games = fixture.games.with("games.0.dialect", try CatalogFixture.parse(Self.good))
        let dialect = try #require(try fixture.load().game(id: "kites")?.dialect)
        #expect(dialect.signature == .hmacQuery(timestamp: "time", signature: "sign"))
        #expect(dialect.headers == ["x-channel: hongbao"])
        #expect(dialect.answers.rules.count == 2 && dialect.answers.otherwise == .rejected)
        #expect(try fixture.load().game(id: "boats")?.dialect == nil)
        let schema = try CatalogFixture.file("StaticData/schema/games.schema.json")
        #expect(MiniSchema(root: try JSON.parse(schema, limits: .document)).faults(fixture.games) == [])
    }

    @Test(
        "each fault has its path and reason",
        arguments: [
            (#"{"methd": "PUT"}"#, "dialect.methd", "unknown key; allowed here: method, body"),
            (#"{"method": "DELETE"}"#, "dialect.method", "must be one of POST, PUT, GET"),
            (#"{"body": {}}"#, "dialect.body", "either form or template"),
            (#"{"method": "GET", "body": {"form": {}}}"#, "dialect.body", "GET has no body"),
            (#"{"body": {"form": {"u": "{usr}"}}}"#, "dialect.body.form.u", "holds {usr}; there may be"),
            (#"{"body": {"form": {"u": "{user"}}}"#, "dialect.body.form.u", "part of no {field}"),
            (#"{"body": {"template": "{\"o\":{order}}"}}"#, "dialect.body.template", "is not JSON once"),
            (#"{"body": {"template": "{\"o\":\"{coupon}\"}"}}"#, "dialect.body.template", "holds {coupon}"),
            (#"{"headers": {"Webhook-Id": "1"}}"#, "dialect.headers.Webhook-Id", "written by the sender"),
            (#"{"headers": {"Connection": "x"}}"#, "dialect.headers.Connection", "written by the sender"),
            (#"{"headers": {"authorization": "x"}}"#, "dialect.headers.authorization", "hold a secret"),
            (#"{"headers": {"x-a": "b\r\nc: d"}}"#, "dialect.headers.x-a", "control character"),
            (#"{"headers": {"x a": "b"}}"#, "dialect.headers.x a", "token"),
            (#"{"success": [429]}"#, "dialect.success", "429 has a meaning of its own"),
            (#"{"success": ["299-200"]}"#, "dialect.success", "must be status codes"),
            (#"{"success": [200], "alreadyGranted": [200]}"#, "dialect.alreadyGranted", "success names too"),
            (#"{"rules": [{"means": "granted"}]}"#, "dialect.rules[0]", "a status or a field"),
            (
                #"{"rules": [{"field": "a..b", "equals": 1, "means": "granted"}]}"#, "dialect.rules[0].field",
                "must be a path"
            ),
            (
                #"{"rules": [{"field": "a", "equals": {}, "means": "granted"}]}"#, "dialect.rules[0].equals",
                "must be a string"
            ),
            (#"{"rules": [{"status": 200, "means": "fine"}]}"#, "dialect.rules[0].means", "must be one of"),
            (#"{"otherwise": "rejected"}"#, "dialect.otherwise", "of rules with a field"),
            (#"{"signature": {"scheme": "md5"}}"#, "dialect.signature.scheme", "must be one of standard"),
            (#"{"signature": {"scheme": "hmac-query"}}"#, "dialect.signature", "body must be a form"),
            (
                #"{"body": {"form": {"u": "{user}"}}, "signature": {"scheme": "hmac-query"}}"#,
                "dialect.signature", "one of them must hold {order}"
            ),
            (
                #"{"body": {"form": {"ts": "{order}"}}, "signature": {"scheme": "hmac-query"}}"#,
                "dialect.signature", "parameter ts would be sent twice"
            ),
            (
                #"{"query": {"rules": [{"status": 200, "means": "granted"}]}}"#, "dialect.query",
                "no queryEndpoint"
            ),
        ])
    func fault(_ dialect: String, path: String, reason: String) throws {
        let faults = try faults(dialect)
        #expect(faults.count == 1, "\(faults)")
        #expect(faults.first?.hasPrefix("games[0].\(path): ") == true, "\(faults)")
        #expect(faults.first?.contains(reason) == true, "\(faults)")
    }

    @Test("a signature over parameters needs the order among those of the query URL too")
    func queryURL() throws {
        let found = try faults(Self.good, game: 1)
        #expect(
            found == [
                "games[1].dialect.signature: hmac-query signs parameters: one of them must hold {order}"
            ])
        let inQuery = JSON.string("http://10.0.0.1/orders?order={order}")
        #expect(try faults(Self.good, [("queryEndpoint", inQuery)], game: 1) == [])
    }

    @Test("tls: relative files, both halves of a certificate, https only")
    func tls() throws {
        func faults(_ tls: String, game: Int = 0) throws -> [String] {
            var fixture = try CatalogFixture()
            fixture.games = fixture.games.with("games.\(game).tls", try CatalogFixture.parse(tls))
            return fixture.faults().map { "\($0.path): \($0.reason)" }
        }
        let whole =
            #"{"caFile": "ca.pem", "certificateFile": "k/c.pem", "keyFile": "k/k.pem", "http2": true}"#
        #expect(try faults(whole) == [])
        #expect(try faults(whole, game: 1) == ["games[1].tls: is of https:// URLs only"])
        #expect(try faults(#"{"keyFile": "k.pem"}"#).first?.contains("belong together") == true)
        for path in ["/etc/ca.pem", "../ca.pem", "a//b"] {
            #expect(try faults(#"{"caFile": "\#(path)"}"#).first?.contains("relative path") == true)
        }
    }

    @Test("paths into an answer, dotted or as RFC 6901 has them")
    func paths() throws {
        let json = try CatalogFixture.parse(#"{"a": {"b": [1, {"c/d": "e", "~": 2}]}, "": 3}"#)
        #expect(FieldPath("a.b.0")?.value(in: json) == .integer(1))
        #expect(FieldPath("/a/b/1/c~1d")?.value(in: json) == .string("e"))
        #expect(FieldPath("/a/b/1/~0")?.value(in: json) == .integer(2))
        for none in ["a.c", "a.b.2", "a.b.01", "a.b.x", "a.b.0.c"] {
            #expect(FieldPath(none).map { $0.value(in: json) == nil } == true, "\(none)")
        }
        for bad in ["", ".", "a.", "/", "/a//b", "/~2", "a.b.c.d.e.f.g.h.i"] {
            #expect(FieldPath(bad) == nil)
        }
    }
}
