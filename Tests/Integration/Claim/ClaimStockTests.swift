import Catalog
import Kafka
import Logging
import OrderLog
import OrderStore
import Orders
import Stack
import Testing

@Suite("Claim's stock: added, recalled, split", .serialized)
struct ClaimStockTests {
    /// People claim a scarce pack at once; the answers.
    private func crowd(
        _ house: ClaimHouse, _ people: Range<UInt64>
    ) async -> [ClaimCrowd.Answer] {
        await withTaskGroup(of: ClaimCrowd.Answer.self) { group in
            for user in people {
                group.addTask {
                    await house.crowd.claimUntilFinal(user: user, serial: user, gift: "scarce")
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func sold(_ answers: [ClaimCrowd.Answer]) -> Int {
        answers.count { $0.status == 202 || $0.status == 200 }
    }

    private func add(_ house: ClaimHouse, _ body: String) throws -> LoopbackHTTP.Response {
        try LoopbackHTTP.post(
            port: house.adminPort, "/v1/admin/stock", headers: ["x-api-key": ClaimHouse.operatorKey],
            body: Array(body.utf8))
    }

    private func acts(_ house: ClaimHouse) throws -> [ControlRecord] {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: house.kafka.bootstrap), logger: Logger(label: "reader"))
        var acts = [ControlRecord]()
        try TopicScan.all(Topics(campaign: ClaimCampaign.id).control, reader: reader) { _, record in
            if let record = try? ControlRecord.decode(record.value), case .stock = record {
                acts.append(record)
            }
        }
        return acts
    }

    @Test("promise 5: stock added to a sold-out pack sells by itself, to the last one, once an act")
    func added() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            #expect(sold(await crowd(house, 1..<401)) == ClaimCampaign.scarceStock)
            let act = #"{"gift":"scarce","add":25,"reason":"more came","act":"second"}"#
            let added = try add(house, act)
            #expect(added.status == 200)
            #expect(
                added.text
                    == #"{"act":"second","gift":"scarce","added":true,"total":175,"in_pool":25}"#)
            var user: UInt64 = 1_000
            // The loops see that there is stock again.
            let isSelling = try await eventually {
                user += 1
                return await house.crowd.claim(user: user, serial: user, gift: "scarce").status == 202
            }
            #expect(isSelling)
            #expect(sold(await crowd(house, 2_000..<2_100)) == 24)
            let again = try add(house, act)
            #expect(again.status == 200 && again.text.contains(#""added":false,"total":175,"in_pool":0"#))
            let other = try add(house, #"{"gift":"scarce","add":26,"reason":"x","act":"second"}"#)
            #expect(other.status == 409 && other.text.contains("other-act"))
            #expect(try acts(house).count == 1)
            guard case .stock("second", "scarce", 25, 0, "tester", "more came", _)? = try acts(house).first
            else {
                Issue.record("the act is written otherwise")
                return
            }
            let gift = try #require(house.catalog.gift(id: "scarce"))
            let account = try await house.store { store in try await store.stockAccount(gift: gift).packs }
            #expect(account.issued == 175 && account.unissued == 0 && account.total == 175)
        }
    }

    @Test("an act that cannot be is refused, and leaves nothing behind")
    func refused() async throws {
        try await ClaimHouse.with { (house) async throws in
            #expect(try add(house, #"{"gift":"none","add":1,"reason":"x"}"#).status == 404)
            #expect(try add(house, #"{"gift":"scarce","add":1}"#).status == 400)
            #expect(try add(house, #"{"gift":"scarce","add":1,"units":5,"reason":"x"}"#).status == 400)
            #expect(try add(house, #"{"gift":"plenty","add":1000000000,"reason":"x"}"#).status == 409)
            let stranger = try LoopbackHTTP.post(port: house.adminPort, "/v1/admin/stock")
            #expect(stranger.status == 401)
            #expect(try acts(house).isEmpty)
        }
    }

    @Test(
        "a lucky packet: every order has its amount, and all of them are the total, added units included",
        arguments: ["double_average", "presplit"])
    func amounts(_ draw: String) async throws {
        let edits = [
            #""id": "scarce","#: #""id": "scarce", "amount": {"total": 3000, "draw": "\#(draw)"},"#
        ]
        try await ClaimHouse.with(edits: edits, loops: 2) { (house) async throws in
            #expect(sold(await crowd(house, 1..<201)) == ClaimCampaign.scarceStock)
            let act = #"{"gift":"scarce","add":10,"units":700,"reason":"x"}"#
            #expect(try add(house, act).status == 200)
            let isSoldOut = try await eventually {
                sold(await crowd(house, 1_000..<1_020)) == 10
            }
            #expect(isSoldOut)
            let orders = Dictionary(try house.produced().map { ($0.id, $0.amount) }) { first, _ in first }
            #expect(orders.count == ClaimCampaign.scarceStock + 10)
            #expect(orders.values.allSatisfy { $0 >= 1 })
            #expect(orders.values.reduce(0) { $0 + Int($1) } == 3_700)
            // A repeat finds the amount that was drawn, which Redis and Kafka both have.
            let (id, amount) = try #require(orders.first)
            let stored = try await house.store { store in
                try await store.allClaims(shard: id.shard).first { $0.id == id }
            }
            #expect(stored?.amount == amount)
        }
    }
}
