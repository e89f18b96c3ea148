import Foundation
import OrderStore
import Orders
import Stack
import Testing

@Suite("Claim in trouble", .serialized)
struct ClaimTroubleTests {
    @Test("Kafka away: 503 and the order stands; back again: the repeat finds it, and it is produced")
    func brokerDown() async throws {
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"]) { (house) async throws in
            let crowd = house.crowd
            #expect(await crowd.claimUntilFinal(user: 1, serial: 1).status == 202)
            try house.broker("down")
            let answer = await crowd.claim(user: 2, serial: 2)
            #expect(answer.status == 503 && answer.retryAfterS != nil)
            // Long enough for the producer to give up: from now on only the sweep can bring it there.
            #expect(try await eventually { try house.number("awaiting_kafka") == 0 })
            #expect(await crowd.claim(user: 2, serial: 2).status == 503)
            try house.broker("up")
            let found = await crowd.claimUntilFinal(user: 2, serial: 2)
            #expect(found.status == 200 && found.order != nil)
            let produced = try house.produced().filter { $0.user == 2 }
            #expect(Set(produced.map(\.id.text)) == [found.order])
            #expect(try await eventually { await crowd.claim(user: 2, serial: 2).state == "queued" })
        }
    }

    @Test("promise 9: kill -9 of Claim with orders in the outbox loses none of them")
    func killed() async throws {
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"]) { (house) async throws in
            let crowd = house.crowd
            try house.broker("down")
            await withTaskGroup(of: Int.self) { group in
                for user in 1...20 as ClosedRange<UInt64> {
                    group.addTask { await crowd.claim(user: user, serial: user).status }
                }
                for await status in group { #expect(status == 503) }
            }
            house.killClaim()
            try house.broker("up")
            try house.startClaim()
            let orders = await withTaskGroup(of: ClaimCrowd.Answer.self) { group in
                for user in 1...20 as ClosedRange<UInt64> {
                    group.addTask { await crowd.claimUntilFinal(user: user, serial: user) }
                }
                return await group.reduce(into: Set<String>()) { orders, answer in
                    #expect(answer.status == 200)
                    if let order = answer.order { orders.insert(order) }
                }
            }
            #expect(orders.count == 20)
            #expect(Set(try house.produced().map(\.id.text)) == orders)
        }
    }

    @Test("a restart in good order: exit 0, and the repeat finds the order in the next process")
    func restart() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            let first = await crowd.claim(user: 8, serial: 8)
            #expect(first.status == 202)
            let lane = try house.number("lane")
            #expect(house.terminateClaim() == .code(0))
            let living = try await house.store { store in
                try await store.awaiting { store, then in store.liveLanes(then: then) }
            }
            #expect(living.isEmpty)
            try house.startClaim()
            #expect(try #require(try house.number("lane")) > (try #require(lane)))
            let again = await crowd.claim(user: 8, serial: 8)
            #expect(again.status == 200 && again.order == first.order)
        }
    }

    @Test("Redis stands still: nothing is guessed, and the repeat finds what was done")
    func redisPaused() async throws {
        try await ClaimHouse.with(limits: ["max_open: 4000"]) { (house) async throws in
            let crowd = house.crowd
            #expect(await crowd.claim(user: 1, serial: 1).status == 202)
            house.redis.pause()
            let stuck = Task { await crowd.claim(user: 2, serial: 2) }
            #expect(await stuck.value.status == 503)
            house.redis.resume()
            let answer = await crowd.claimUntilFinal(user: 2, serial: 2)
            #expect([200, 202].contains(answer.status))
            let mine = try await house.store { store in
                try await store.awaiting { store, then in store.orders(user: 2, then: then) }
            }
            #expect(mine.map(\.id.text) == [answer.order])
        }
    }

    @Test("a bad setting: exit 78, and what would do")
    func badSetting() throws {
        let run = try RunDirectory.claimUnique(prefix: "claim-settings")
        defer { run.release() }
        let campaign = try ClaimCampaign(in: run)
        let path = "\(run.path)/bad.yaml"
        try "campaign: \(campaign.directory)\nredis: {url: \"nowhere\"}\n".write(
            toFile: path, atomically: true, encoding: .utf8)
        let process = try ChildProcess(
            name: "claim", executable: try ServiceProgram.locate("claim"),
            arguments: ["serve", "--config", path],
            environment: ["HONGBAO_ROLES_PORT": "1"], in: run)
        #expect(process.waitForExit(within: .seconds(60)) == .code(78))
        #expect(process.logTail().contains("redis.url"))
    }
}
