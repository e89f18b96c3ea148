import CampaignFiles
import Catalog
import Credentials
import HTTPClient
import Orders
import Testing
import Wire

@testable import Deliverer

@Suite("deliverer probe")
struct ProbeTests {
    private let folder: CheckFolder

    init() throws { folder = try CheckFolder() }

    private func probe(
        _ endpoint: String, _ members: String = "", secret: String = CheckFolder.webhook,
        isQuery: Bool = false
    ) throws -> (probe: Probe, game: Game) {
        try folder.write(["carp.secret": secret])
        let catalog = try folder.catalog(endpoint, members)
        let game = catalog.games[0]
        let order = TestOrder.order(
            OrderID(lane: OrderID.testLane, shard: 3, sequence: 5), gift: catalog.gifts[0],
            region: game.regions[0], user: 42, role: 7, nowMs: CheckFolder.nowMs)
        let signer = try KeyFiles.signer(game, directory: folder.path)
        let probe = try Probe(
            catalog, game, order, signer, secretsDirectory: folder.path, isQuery: isQuery,
            nowS: CheckFolder.nowMs / 1000)
        return (probe, game)
    }

    @Test("it is the request that an order would make, and shows no signature")
    func standard() throws {
        let other = "whsec_" + String(repeating: "WFla", count: 12)
        let two = CheckFolder.webhook + " until=2031-01-01T00:00:00Z\n" + other
        let (probe, _) = try probe("https://a.example/g", secret: two)
        let header = try #require(probe.request.headerLines.first { $0.hasPrefix("webhook-signature: ") })
        let signatures = header.split(separator: " ").dropFirst()
        #expect(signatures.count == 2)
        for signature in signatures { #expect(!probe.text.contains(signature.dropFirst(3))) }
        #expect(probe.text.contains("webhook-signature: v1,(44 bytes) v1,(44 bytes)"))
        #expect(probe.text.contains("request  POST https://a.example/g\n"))
        #expect(probe.text.contains(#""user":"42","region":"r1","role":"7","gift":"p""#))
        #expect(!probe.text.contains("QUJD") && !probe.text.contains("WFla"))
    }

    @Test("signatures among parameters, and what is named as a secret, are hidden wherever they stand")
    func hidden() throws {
        let scheme = #""signature":{"scheme":"hmac-query","timestamp":"t","parameter":"s"}"#
        let query = #","queryEndpoint":"https://a.example/q?o={order}""#
        func check(_ probe: Probe, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let body = String(decoding: probe.request.body, as: UTF8.self)
            let sent = body.isEmpty ? probe.request.url : body
            #expect(!probe.text.contains(sent.suffix(64)), sourceLocation: sourceLocation)
            #expect(probe.text.contains(text), "\(probe.text)", sourceLocation: sourceLocation)
        }
        let get = #","dialect":{"method":"GET",\#(scheme),"headers":{"x-shop-key":"hunter2"}}"#
        let url = "https://a.example/g?o={order}&api_key=abc"
        let (delivery, _) = try probe(url, get, secret: CheckFolder.hex)
        check(delivery, "&api_key=(3 bytes)&t=1900000000&s=(64 bytes)")
        #expect(delivery.text.contains("x-shop-key: (7 bytes)") && !delivery.text.contains("hunter2"))
        let form = #","dialect":{"body":{"form":{"o":"{order}"}},\#(scheme)}"# + query
        check(
            try probe("https://a.example/g", form, secret: CheckFolder.hex).probe,
            "&t=1900000000&s=(64 bytes)")
        check(
            try probe("https://a.example/g", form, secret: CheckFolder.hex, isQuery: true).probe,
            "request  GET https://a.example/q?o=")
    }

    @Test("test orders stand in the lane that is never given out, and no other ID is taken")
    func lane() throws {
        var seen: Set<OrderID> = []
        for _ in 0..<1_000 {
            let id = TestOrder.drawID()
            #expect(TestOrder.isTest(id) && id.text.hasPrefix("000000"))
            seen.insert(id)
        }
        #expect(seen.count > 990)
        #expect(!TestOrder.isTest(OrderID(lane: 1, shard: 0, sequence: 0)))
        #expect(!TestOrder.isTest(OrderID(lane: .max, shard: 0, sequence: 0)))
    }

    @Test("an answer is read as the Deliverer reads it")
    func answers() throws {
        let (_, game) = try probe("https://a.example/g")
        func answer(_ status: Int, _ body: String = "", retryAfterS: Int64? = nil) -> ProbeAnswer {
            let response = HTTPClientResponse(
                status: status, retryAfterS: retryAfterS, body: Array(body.utf8), isTruncated: false)
            return ProbeAnswer(game, .answered(response), elapsedUs: 12_300, isQuery: false)
        }
        #expect(answer(200).text.contains("answer   200 after 12ms") && answer(200).exitCode == 0)
        #expect(answer(200).text.contains("means    delivered (granted)"))
        #expect(answer(409).text.contains("had been before") && answer(409).exitCode == 0)
        #expect(answer(422, "no such role").text.contains("rejected for good") && answer(422).exitCode == 65)
        let later = answer(429, retryAfterS: 120)
        #expect(later.text.contains("sent again after 2m00s") && later.exitCode == 75)
        #expect(answer(410).text.contains("the game is paused"))
        // Nothing of a stranger's gets at the terminal.
        #expect(!answer(500, "\u{1B}[2J").text.contains("\u{1B}"))
        #expect(answer(500, String(repeating: "x", count: 900)).text.count < 500)
        let lost = HTTPClientFailure(kind: .timedOut, code: 28, message: "timed out")
        func without(_ outcome: HTTPClientOutcome) -> ProbeAnswer {
            ProbeAnswer(game, outcome, elapsedUs: 5, isQuery: false)
        }
        #expect(without(.neverLeft(lost)).exitCode == 69)
        #expect(without(.mayHaveLeft(lost)).text.contains("unknown: sent again under the same ID"))
    }
}
