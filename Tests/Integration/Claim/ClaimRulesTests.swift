import OrderStore
import Orders
import Stack
import Testing

@Suite("Claim and the campaign's rules", .serialized)
struct ClaimRulesTests {
    private static let anchor = #""ranking":"#

    /// An edit that adds members to the campaign.
    private func adding(_ members: String) -> [String: String] { [Self.anchor: "\(members), \(Self.anchor)"] }

    @Test("a person's quota of a pack: 409 that names it; the order that there is stays and is found")
    func quotas() async throws {
        let edits = adding(#""quotas": {"perPerson": 2, "perPersonGift": 1}"#)
        try await ClaimHouse.with(edits: edits) { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 5, serial: 1)
            #expect(first.status == 202)
            let second = await crowd.claim(user: 5, serial: 2)
            #expect(second.status == 409 && second.problem == "over-quota")
            #expect(second.body.contains(#""reason":"gift""#))
            #expect(await crowd.claim(user: 5, serial: 2, gift: "scarce").status == 202)
            let third = await crowd.claim(user: 5, serial: 3, gift: "jewel")
            #expect(third.problem == "over-quota" && third.body.contains(#""reason":"person""#))
            let again = await crowd.claim(user: 5, serial: 1)
            #expect(again.status == 200 && again.order == first.order)
            #expect(await crowd.claim(user: 6, serial: 4).status == 202)
            #expect(try house.metrics().contains(#"claim_answers_total{result="over-quota"} 2"#))
        }
    }

    @Test("promise 3: a held order stands in .held and nowhere else, also after Kafka was away")
    func held() async throws {
        let edits = adding(#""approval": {"hold": "always"}"#)
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"], edits: edits) { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 1, serial: 1, gift: "jewel")
            #expect(first.status == 202 && first.state == "held")
            #expect(try house.held().map(\.order.id.text) == [first.order])
            let again = await crowd.claim(user: 1, serial: 1, gift: "jewel")
            #expect(again.status == 200 && again.state == "held" && again.order == first.order)
            #expect(await crowd.claim(user: 2, serial: 2).state == "queued")
            try house.broker("down")
            #expect(await crowd.claim(user: 3, serial: 3, gift: "jewel").status == 503)
            #expect(try await eventually { try house.number("awaiting_kafka") == 0 })
            try house.broker("up")
            let found = await crowd.claimUntilFinal(user: 3, serial: 3, gift: "jewel")
            #expect(found.status == 200 && found.state == "held")
            #expect(Set(try house.held().map(\.order.id.text)) == [first.order, found.order])
            #expect(try house.produced().map(\.user) == [2])
            let isConfirmed = try await eventually {
                try await house.store { store in
                    var waiting = 0
                    for shard in 0..<UInt16(store.keys.shards) {
                        waiting += try await store.outbox(shard: shard).count
                    }
                    return waiting == 0
                }
            }
            #expect(isConfirmed)
        }
    }

    @Test("an edit of the files reaches a Claim that runs: a pack is held back, and given out again")
    func paused() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 1, serial: 1)
            #expect(first.status == 202)
            try house.campaign.write([#""id": "plenty","#: #""id": "plenty", "paused": true,"#])
            var user: UInt64 = 10
            func answer(_ wanted: String?) async throws -> Bool {
                try await eventually {
                    user += 1
                    return await crowd.claim(user: user, serial: user).problem == wanted
                }
            }
            #expect(try await answer("paused"))
            // Stored order first.
            #expect(await crowd.claimUntilFinal(user: 1, serial: 1).order == first.order)
            try house.campaign.write([:])
            #expect(try await answer(nil))
            // What may not change is refused, and the old goes on.
            try house.campaign.write([#""stock": 1000000"#: #""stock": 10"#])
            #expect(try await eventually { try house.status().text.contains("may not shrink") })
            #expect(try await answer(nil))
            #expect(try house.claim.readiness().status == 200)
        }
    }

    @Test("the campaign closes: no new claim, and every repeat finds its order")
    func closing() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 1, serial: 1)
            #expect(first.status == 202)
            try house.campaign.write(["2090-01-01T00:00:00Z": "2021-01-01T00:00:00Z"])
            var user: UInt64 = 10
            let isClosed = try await eventually {
                user += 1
                return await crowd.claim(user: user, serial: user).status == 410
            }
            #expect(isClosed)
            let again = await crowd.claim(user: 1, serial: 1)
            #expect(again.status == 200 && again.order == first.order)
        }
    }
}
