import Catalog
import Credentials
import HTTPClient
import Orders
import Testing
import Wire

@testable import Deliverer

@Suite("Requests in a game's own dialect")
struct DialectRequestTests {
    private static let nowS: Int64 = 1_700_000_000
    private static let hex =
        "hex:" + String(decoding: Hex.encode(bytes: (UInt8(1)...32).map(\.self)), as: UTF8.self)
    private static let webhook =
        "whsec_" + String(decoding: Base64.encode((UInt8(1)...32).map(\.self)), as: UTF8.self)

    private func builder(_ dialect: String?, endpoint: String = "https://a.example/g") throws
        -> DeliveryRequest
    {
        let campaign = #"""
            {"id":"c","title":{"en":"C","zh":"C"},"opensAt":"2026-01-01T00:00:00Z",
             "closesAt":"2026-02-01T00:00:00Z","settlesAt":"2026-02-02T00:00:00Z",
             "endsAt":"2026-02-03T00:00:00Z","couponKinds":[{"id":"k","slot":0,"title":{"en":"K","zh":"K"}}],
             "totalLimit":{"perSecond":100,"burst":40},"deliveryWindowMs":172800000,
             "storage":{"shards":1,"claimBuckets":1,"ordersPartitions":1,"outcomesPartitions":1,
             "retryTiersMs":[30000],"replication":1},
             "ranking":{"preference":0.7,"popularity":0.2,"freshness":0.1,"freshHalfLifeMs":60000,
             "dimensions":1}}
            """#
        let games = #"""
            {"games":[{"id":"g","slot":0,"name":{"en":"G","zh":"G"},"limit":{"perSecond":30,"burst":10},
             "maxConcurrency":5,"requestTimeoutMs":1000,"connectTimeoutMs":500,"endpoint":"\#(endpoint)",
             "queryEndpoint":"https://a.example/q?order={order}",
             "roleServiceEndpoint":"https://a.example/r/{user}","idempotent":true,
             "regions":[{"id":"r1","slot":0,"name":{"en":"R","zh":"R"}}]
             \#(dialect.map { ",\"dialect\":\($0)" } ?? "")}]}
            """#
        let gifts = #"""
            {"gifts":[{"id":"p","slot":0,"game":"g","title":{"en":"P","zh":"P"},"image":"p.svg",
             "audience":"new","stock":1,"items":[{"id":"i","count":2}],"highValue":false,"features":[],
             "popularity":0,"freshAt":"2026-01-05T00:00:00Z"}]}
            """#
        let catalog = try CatalogLoader.load(
            campaign: Array(campaign.utf8), games: Array(games.utf8), gifts: Array(gifts.utf8), directory: "c"
        )
        let isQuery = dialect?.contains("hmac-query") == true
        let signer: GameSigner =
            isQuery
            ? .query(QuerySigner(secrets: try GameSecrets(lines: [Self.hex])))
            : .webhook(try WebhookSigner(secrets: [Self.webhook]))
        return DeliveryRequest(catalog: catalog, signers: [signer])
    }

    private func order() throws -> Order {
        Order(
            id: try #require(OrderID(text: "00000000002T5")), coupon: 1, user: 42, gift: 0, region: 0,
            role: 7,
            amount: 3, claimedAtMs: 0, deadlineMs: 1)
    }

    private func delivery(_ builder: DeliveryRequest) throws -> HTTPClientRequest {
        builder.delivery(try order(), game: 0, nowS: Self.nowS, token: 1)
    }

    private static let standard =
        #"{"order":"00000000002T5","user":"42","region":"r1","role":"7","gift":"p","amount":3,"#
        + #""items":[{"id":"i","count":2}]}"#

    @Test("without a dialect it is the standard contract")
    func standard() throws {
        let request = try delivery(builder(nil))
        #expect(request.method == .post && request.url == "https://a.example/g")
        #expect(String(decoding: request.body, as: UTF8.self) == Self.standard)
        let signature = try WebhookSigner(secrets: [Self.webhook]).signatureHeader(
            id: "00000000002T5", timestampS: Self.nowS, body: request.body)
        #expect(
            request.headerLines == [
                "content-type: application/json", "webhook-id: 00000000002T5",
                "webhook-timestamp: 1700000000", "webhook-signature: \(signature)",
            ])
        #expect(request.maxResponseBytes == 512)
    }

    @Test("parameters in the endpoint, in order of their names under the signature (OpenSSL's vector)")
    func hmacQuery() throws {
        // printf 'amount=3&order=00000000002T5&ts=1700000000&uid=42' | openssl dgst -sha256 -mac HMAC \
        //   -macopt hexkey:$(printf '%02x' $(seq 1 32))
        let sig = "e10e802f023c7947beaf94e9e6d6c3145f1f264dbed095f88350d09c04b39434"
        let get = try delivery(
            builder(
                #"{"method":"GET","signature":{"scheme":"hmac-query"}}"#,
                endpoint: "https://a.example/g/{region}?uid={user}&order={order}&amount={amount}"))
        #expect(get.method == .get && get.body.isEmpty && get.headerLines.isEmpty)
        #expect(
            get.url
                == "https://a.example/g/r1?uid=42&order=00000000002T5&amount=3&ts=1700000000&sig=\(sig)")
        let form = try delivery(
            builder(
                #"{"body":{"form":{"uid":"{user}","order":"{order}"}},"signature":{"scheme":"hmac-query"}}"#,
                endpoint: "https://a.example/g?amount=3"))
        #expect(form.url == "https://a.example/g?amount=3")
        #expect(
            String(decoding: form.body, as: UTF8.self)
                == "uid=42&order=00000000002T5&ts=1700000000&sig=\(sig)")
        #expect(form.headerLines == ["content-type: application/x-www-form-urlencoded"])
    }

    @Test("templates, forms, further headers and PUT")
    func bodies() throws {
        let put = try delivery(
            builder(
                #"{"method":"PUT","headers":{"x-a":"b"},"#
                    + #""body":{"template":"{\"no\":\"{order}\",\"n\":{amount},\"of\":{items}}"}}"#,
                endpoint: "https://a.example/g/{order}"))
        #expect(put.method == .put && put.url == "https://a.example/g/00000000002T5")
        #expect(
            String(decoding: put.body, as: UTF8.self)
                == #"{"no":"00000000002T5","n":3,"of":[{"id":"i","count":2}]}"#)
        #expect(put.headerLines.prefix(2) == ["content-type: application/json", "x-a: b"])
        #expect(put.headerLines.count == 5)
        let form = try delivery(builder(#"{"body":{"form":{"a[]":"x y&{gift}","o":"{order}"}}}"#))
        #expect(String(decoding: form.body, as: UTF8.self) == "a%5B%5D=x%20y%26p&o=00000000002T5")
    }

    @Test("the query is signed in the same way")
    func query() throws {
        let builder = try builder(
            #"{"body":{"form":{"order":"{order}"}},"signature":{"scheme":"hmac-query"},"#
                + #""query":{"rules":[{"field":"s","equals":1,"means":"granted"}]}}"#)
        let query = try #require(
            builder.query(try order().id, game: 0, nowS: Self.nowS, token: 1))
        #expect(query.url.hasPrefix("https://a.example/q?order=00000000002T5&ts=1700000000&sig="))
        #expect(query.method == .get && query.maxResponseBytes == RequestRecipe.ruledAnswerBytes)
    }

    @Test("exchanged secrets sign what is sent next")
    func exchange() throws {
        let builder = try builder(nil)
        let before = try delivery(builder).headerLines
        let next = "whsec_" + String(repeating: "QUJD", count: 12)
        builder.signers.exchange(.webhook(try WebhookSigner(secrets: [next])), game: 0)
        #expect(try delivery(builder).headerLines != before)
    }
}
