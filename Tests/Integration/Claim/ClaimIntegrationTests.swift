import HTTPClient
import OrderStore
import Orders
import Stack
import Testing

@Suite("Claim with Redis and Kafka", .serialized)
struct ClaimIntegrationTests {
    /// So many people at once, each with their own number.
    private func together(
        _ people: Range<UInt64>, _ body: @escaping @Sendable (UInt64) async -> ClaimCrowd.Answer
    ) async -> [ClaimCrowd.Answer] {
        await withTaskGroup(of: ClaimCrowd.Answer.self) { group in
            for person in people { group.addTask { await body(person) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("promise 1: a thousand concurrent claims of one coupon give one order")
    func oneCoupon() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            let crowd = house.crowd
            let answers = await together(0..<1000) { _ in await crowd.claimUntilFinal(user: 5, serial: 77) }
            #expect(answers.allSatisfy { $0.status == 202 || $0.status == 200 })
            #expect(Set(answers.map(\.order)).count == 1 && answers[0].order != nil)
            #expect(answers.count { $0.status == 202 } <= 1)
            let produced = try house.produced()
            #expect(Set(produced.map(\.id)).count == 1)
            let mine = try await house.store { store in
                try await store.awaiting { store, then in store.orders(user: 5, then: then) }
            }
            #expect(mine.map(\.id.text) == [answers[0].order])
        }
    }

    @Test("promise 5: sold out under concurrency issues exactly the stock")
    func soldOut() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            let crowd = house.crowd
            let answers = await together(1..<601) { user in
                await crowd.claimUntilFinal(user: user, serial: user, gift: "scarce")
            }
            let orders = answers.filter { $0.status == 202 || $0.status == 200 }.compactMap(\.order)
            #expect(orders.count == ClaimCampaign.scarceStock)
            #expect(Set(orders).count == ClaimCampaign.scarceStock)
            #expect(answers.allSatisfy { [200, 202].contains($0.status) || $0.problem == "sold-out" })
            #expect(Set(try house.produced().map(\.id.text)) == Set(orders))
            // Stored order first: the sold-out gift hides no order, and the refused coupon buys another pack.
            let lucky = try #require(
                zip(1..., answers).first { _, answer in answer.status == 202 }?.1.order)
            let again = await together(1..<601) { user in
                await crowd.claimUntilFinal(user: user, serial: user, gift: "scarce")
            }
            #expect(Set(again.compactMap(\.order)) == Set(orders) && orders.contains(lucky))
            #expect(again.count { $0.status == 200 } == ClaimCampaign.scarceStock)
        }
    }

    @Test("a repeat gets the same order, another body 409, the owner sees the order, nobody else does")
    func repeats() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 9, serial: 1)
            #expect(first.status == 202 && first.state == "queued")
            let again = await crowd.claim(user: 9, serial: 1)
            #expect(again.status == 200 && again.order == first.order && again.state == "queued")
            #expect(await crowd.claim(user: 9, serial: 1, gift: "scarce").problem == "coupon-spent")
            #expect(await crowd.claim(user: 9, serial: 1, region: "r1").status == 409)
            let path = "/v1/orders/\(first.order ?? "")"
            let seen = await crowd.send(.get, path, user: 9)
            #expect(
                seen.status == 200 && seen.order == first.order && seen.body.contains("\"gift\":\"plenty\""))
            #expect(await crowd.send(.get, path, user: 10).status == 404)
            #expect(await crowd.send(.get, path).status == 401)
            #expect(await crowd.send(.get, "/v1/orders/nothing", user: 9).status == 404)
        }
    }

    @Test("refusals: each with its status and its problem")
    func refusals() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            func post(_ user: UInt64?, _ body: [UInt8]) async -> ClaimCrowd.Answer {
                await crowd.send(.post, "/v1/claims", user: user, body: body)
            }
            let good = crowd.body(user: 3, serial: 1)
            #expect(await post(nil, good).problem == "unauthorized")
            #expect(await post(4, good).problem == "not-yours")
            #expect(await post(3, Array("{}".utf8)).problem == "malformed")
            #expect(await post(3, good + Array(repeating: 0x20, count: 4096)).status == 413)
            #expect(await crowd.claim(user: 3, serial: 1, gift: "none").problem == "no-such-gift")
            #expect(await crowd.claim(user: 3, serial: 1, region: "r9").problem == "malformed")
            #expect(await post(3, crowd.body(user: 3, serial: 1, role: 5)).problem == "not-your-role")
            #expect(await post(3, crowd.body(user: 3, serial: 1, region: "r1")).problem == "not-your-role")
            let expired = crowd.coupon(2, holder: 3, expiresAtS: 1_600_000_000)
            let late = #"{"coupon":"\#(expired)","gift":"plenty","region":"r0","role":"1003"}"#
            #expect(await post(3, Array(late.utf8)).problem == "coupon-expired")
            #expect(await crowd.send(.get, "/v1/claims", user: 3).status == 405)
            #expect(await crowd.send(.get, "/v1/nothing", user: 3).status == 404)
            #expect(try house.produced().isEmpty)
            #expect(try house.metrics().contains(#"claim_answers_total{result="not-your-role"} 2"#))
            #expect(try house.status().status == 200)
        }
    }
}
