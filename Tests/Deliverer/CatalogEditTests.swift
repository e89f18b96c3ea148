import Catalog
import Credentials
import HTTPClient
import OrderStore
import Orders
import Pacing
import Testing

@testable import Deliverer

@Suite("Edits under the engine and the request builder")
struct CatalogEditTests {
    private let folder: CheckFolder

    init() throws { folder = try CheckFolder() }

    private static let query = #","queryEndpoint":"https://a.example/q?o={order}""#

    private func engine(_ catalog: Catalog) throws -> DeliveryEngine {
        let games = try catalog.games.map {
            DeliveryPacer.Game(
                limit: try PacingLimit(perSecond: $0.limit.perSecond, burst: $0.limit.burst),
                maxConcurrency: $0.maxConcurrency)
        }
        let total = catalog.campaign.totalLimit
        var options = EngineOptions()
        options.doubtTries = 2
        let pacer = try DeliveryPacer(
            total: try PacingLimit(perSecond: total.perSecond, burst: total.burst), games: games, nowNs: 0)
        return DeliveryEngine(catalog: catalog, owner: 1, options: options, seed: 1, pacer: pacer)
    }

    private func moment(_ seconds: UInt64) -> Moment {
        Moment(ns: seconds * 1_000_000_000, ms: Int64(seconds) * 1000 + 1_900_000_000_000)
    }

    private func buried(_ engine: DeliveryEngine) -> Int {
        engine.actions.count { if case .bury = $0 { true } else { false } }
    }

    @Test("while an edit cannot be served here, what cannot be read is not given up")
    func behind() throws {
        for isBehind in [false, true] {
            var engine = try engine(try folder.catalog("https://a.example/g"))
            let named = engine.partition(topic: "c.orders.carp", number: 0)
            let number = try #require(named)
            engine.assigned([number], moment(1))
            engine.isCatalogBehind = isBehind
            engine.received(partition: number, offset: 0, value: Array("{}".utf8), moment(1))
            for second in 2..<20 { _ = engine.tick(moment(UInt64(second))) }
            #expect(buried(engine) == (isBehind ? 0 : 1))
            engine.adopt(try folder.catalog("https://a.example/g"))
            for second in 20..<30 { _ = engine.tick(moment(UInt64(second))) }
            #expect(buried(engine) == 1)
        }
    }

    @Test("a time-out that an edit raises is not in force before the attempts that were begun have ended")
    func timeouts() throws {
        let game = try folder.catalog("https://a.example/g")
        let signer = GameSigner.webhook(try WebhookSigner(secrets: [CheckFolder.webhook]))
        let before = DeliveryRequest(catalog: game, signers: [signer])
        func edited(_ ms: Int) throws -> Catalog {
            let old = game.games[0]
            let new = Game(
                id: old.id, slot: 0, name: old.name, limit: old.limit, maxConcurrency: 5,
                requestTimeoutMs: ms, connectTimeoutMs: 500, endpoint: "https://b.example/g",
                queryEndpoint: nil, roleServiceEndpoint: old.roleServiceEndpoint, idempotent: true,
                regions: old.regions)
            return Catalog(campaign: game.campaign, games: [new], gifts: game.gifts, contentHash: "")
        }
        let order = TestOrder.order(
            TestOrder.drawID(), gift: game.gifts[0], region: game.games[0].regions[0], nowMs: 0)
        func timeoutMs(_ builder: DeliveryRequest) -> Int {
            builder.delivery(order, game: 0, nowS: 1, token: 0).timeoutMs
        }
        #expect(timeoutMs(before) == 1000)
        let raised = before.adopting(try edited(9000), atMostMs: before.timeoutsMs)
        #expect(timeoutMs(raised) == 1000)
        #expect(raised.delivery(order, game: 0, nowS: 1, token: 0).url == "https://b.example/g")
        #expect(timeoutMs(raised.adopting(try edited(9000))) == 9000)
        #expect(timeoutMs(before.adopting(try edited(300), atMostMs: before.timeoutsMs)) == 300)
        // Secrets that were exchanged meanwhile are not lost.
        let other = "whsec_" + String(repeating: "WFla", count: 12)
        let next = GameSigner.webhook(try WebhookSigner(secrets: [other]))
        let signed = before.delivery(order, game: 0, nowS: 1, token: 0).headerLines
        before.signers.exchange(next, game: 0, fits: before.recipes[0])
        let (a, b) = (
            before.delivery(order, game: 0, nowS: 1, token: 0).headerLines,
            raised.delivery(order, game: 0, nowS: 1, token: 0).headerLines
        )
        #expect(a == b && a != signed)
    }

    @Test("secrets read in the form of an edit that is on its way wait for it")
    func earlySecrets() throws {
        try folder.write(["carp.secret": CheckFolder.hex])
        let plain = try folder.catalog("https://a.example/g")
        let signed = try folder.catalog(
            "https://a.example/g?o={order}",
            #","dialect":{"method":"GET","signature":{"scheme":"hmac-query"}}"#)
        let webhook = GameSigner.webhook(try WebhookSigner(secrets: [CheckFolder.webhook]))
        let query = GameSigner.query(QuerySigner(secrets: try GameSecrets(lines: [CheckFolder.hex])))
        let before = DeliveryRequest(catalog: plain, signers: [webhook])
        before.signers.exchange(query, game: 0, fits: before.recipes[0])
        guard case .webhook = before.signers[0] else {
            Issue.record("a signer of another scheme than the recipe's")
            return
        }
        let after = before.adopting(signed)
        after.signers.adopt([], recipes: after.recipes)
        guard case .query = after.signers[0] else {
            Issue.record("the signer that came early is lost")
            return
        }
    }

    @Test("an answer to what was sent before an edit is read by the rules of before")
    func answersUnder() throws {
        let plain = try folder.catalog("https://a.example/g")
        let strict = try folder.catalog(
            "https://a.example/g",
            #","dialect":{"rules":[{"field":"ret","equals":0,"means":"granted"}],"otherwise":"rejected"}"#)
        let cases: [(Game?, Outcome)] = [(plain.games[0], .granted), (nil, .rejected)]
        for (sent, outcome) in cases {
            var engine = try engine(plain)
            let ref = try sending(&engine, plain)
            engine.adopt(strict)
            engine.actions = []
            let response = HTTPClientResponse(
                status: 200, retryAfterS: nil, body: Array(#"{"ret":1}"#.utf8), isTruncated: false)
            engine.answered(ref, .answered(response), under: sent, moment(2))
            guard case .record(_, let record, _)? = engine.actions.first else {
                Issue.record("no outcome: \(engine.actions)")
                return
            }
            #expect(record.outcome == outcome)
        }
    }

    @Test("an edit that takes the query URL away: what was to be asked is sent again, not asked")
    func queryGone() throws {
        let asked = try folder.catalog("https://a.example/g", Self.query)
        var engine = try engine(asked)
        let ref = try sending(&engine, asked)
        let lost = HTTPClientFailure(kind: .timedOut, code: 28, message: "timed out")
        engine.answered(ref, .mayHaveLeft(lost), moment(2))
        engine.recorded(ref, isAcknowledged: true, moment(2))
        engine.settled(ref, .success(.init(applied: true, state: .unknown)), moment(2))
        #expect(engine.parcels[ref]?.errand == .ask)
        engine.adopt(try folder.catalog("https://a.example/g"))
        engine.actions = []
        for second in 3..<20 { _ = engine.tick(moment(UInt64(second))) }
        let asks = engine.actions.count { if case .ask = $0 { true } else { false } }
        let begins = engine.actions.count { if case .begin = $0 { true } else { false } }
        #expect(asks == 0 && begins == 1)
    }

    /// An order whose request is with the game.
    private func sending(_ engine: inout DeliveryEngine, _ catalog: Catalog) throws -> ParcelRef {
        let named = engine.partition(topic: "c.orders.carp", number: 0)
        let number = try #require(named)
        engine.assigned([number], moment(1))
        let order = Order(
            id: OrderID(lane: 9, shard: 0, sequence: 0), coupon: 1, user: 1, gift: 0, region: 0, role: 1,
            claimedAtMs: moment(1).ms, deadlineMs: moment(100_000).ms)
        engine.received(
            partition: number, offset: 0, value: OrderRecord.encode(order, catalog), moment(1))
        var ref: ParcelRef?
        for second in 1..<10 where ref == nil {
            _ = engine.tick(moment(UInt64(second)))
            for case .begin(let begun, _) in engine.actions { ref = begun }
        }
        let begun = try #require(ref)
        engine.begun(begun, .success(.go), moment(2))
        return begun
    }
}
