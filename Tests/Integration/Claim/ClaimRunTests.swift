import OrderStore
import Orders
import Redis
import Stack
import Testing

@Suite("Claim and Redis's run", .serialized)
struct ClaimRunTests {
    private func id(_ answer: ClaimCrowd.Answer) throws -> OrderID {
        try #require(answer.order.flatMap { OrderID(text: $0) }, "\(answer)")
    }

    /// Waits until no lane is under a lease.
    private func awaitLeasesEnded(_ house: ClaimHouse) async throws {
        let isOver = try await house.store { store in
            try await eventually {
                try await store.awaiting { store, then in store.liveLanes(then: then) }.isEmpty
            }
        }
        #expect(isOver)
    }

    @Test("promise 2: no ID twice over restarts and an emptied Redis; nothing is taken until a rebuild")
    func emptied() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            var seen: Set<OrderID> = []
            var user: UInt64 = 100
            func claimSome(_ count: Int) async throws {
                for _ in 0..<count {
                    user += 1
                    let order = try id(await crowd.claimUntilFinal(user: user, serial: user))
                    #expect(seen.insert(order).inserted)
                }
            }
            try await claimSome(20)
            house.killClaim()
            try house.startClaim()
            try await claimSome(20)
            let first = try id(await crowd.claim(user: 101, serial: 101))
            try house.redis.restart(keepingData: false)
            #expect(
                try await eventually { try house.claim.readiness().text.contains("rebuild it") })
            #expect(await crowd.claim(user: 99, serial: 99).status == 503)
            // Nor does one that starts now take the empty Redis for a new campaign.
            house.killClaim()
            try house.startClaim(untilReady: false)
            #expect(
                try await eventually { try house.claim.readiness().text.contains("kafka remembers") })
            #expect(await crowd.claim(user: 99, serial: 99).status == 503)
            try house.rebuild()
            try await claimSome(20)
            #expect(seen.count == 60)
            let again = await crowd.claim(user: 101, serial: 101)
            #expect(again.status == 200)
            #expect(try id(again) == first)
        }
    }

    @Test("promise 9: a Redis that was restarted may lack its last second: nothing is taken until a rebuild")
    func restarted() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            let crowd = house.crowd
            let first = try id(await crowd.claim(user: 1, serial: 1))
            try house.redis.restart(keepingData: true)
            #expect(await crowd.claimUntilFinal(user: 2, serial: 2, within: .seconds(1)).status == 503)
            // Until it has connected again it says that instead.
            #expect(
                try await eventually {
                    try house.claim.readiness().text.contains("restarted or replaced")
                })
            try house.rebuild()
            try house.claim.awaitReady()
            #expect(try await eventually { try house.claim.numbers("epoch") == [2, 2] })
            let again = await crowd.claimUntilFinal(user: 1, serial: 1)
            #expect(again.status == 200)
            #expect(try id(again) == first)
            #expect(await crowd.claimUntilFinal(user: 2, serial: 2).status == 202)
        }
    }

    @Test("promise 2: stopped beyond its lease, it numbers nothing until it has a new lane")
    func stalled() async throws {
        try await ClaimHouse.with { (house) async throws in
            let crowd = house.crowd
            let before = try id(await crowd.claim(user: 1, serial: 1))
            house.pauseClaim()
            let waiting = Task { await crowd.claim(user: 2, serial: 2) }
            try await awaitLeasesEnded(house)
            house.resumeClaim()
            let answer = await waiting.value
            if answer.status == 202 {
                #expect(try id(answer).lane > before.lane)
            } else {
                #expect(answer.status == 503 && answer.retryAfterS != nil)
            }
            let after = try id(await crowd.claimUntilFinal(user: 2, serial: 2))
            #expect(after.lane > before.lane)
        }
    }

    @Test("promise 3: what Kafka acknowledges after the lease is not promised; the repeat finds it")
    func lateAcknowledgement() async throws {
        let limits = ["answer_deadline: 60s", "sweep_age: 50s"]
        try await ClaimHouse.with(limits: limits, messageTimeoutMs: 40_000) { (house) async throws in
            let crowd = house.crowd
            #expect(await crowd.claim(user: 1, serial: 1).status == 202)
            house.kafka.pause()
            let waiting = Task { await crowd.claim(user: 2, serial: 2) }
            // In Redis, and handed to Kafka, which does not answer.
            #expect(try await eventually { try house.number("awaiting_kafka") == 1 })
            house.pauseClaim()
            house.kafka.resume()
            try await awaitLeasesEnded(house)
            house.resumeClaim()
            let answer = await waiting.value
            #expect(answer.status == 503 && answer.retryAfterS != nil, "\(answer)")
            let found = await crowd.claimUntilFinal(user: 2, serial: 2)
            #expect(found.status == 200)
            #expect(try house.produced().filter { $0.user == 2 }.map(\.id.text) == [found.order])
        }
    }

    @Test("two processes that find a new campaign open it once")
    func openedTogether() async throws {
        try await ClaimHouse.with(loops: 2) { (house) async throws in
            let other = try house.startAnother()
            #expect(try house.claim.numbers("epoch") == [1, 1])
            #expect(try other.numbers("epoch") == [1, 1])
            let lanes = try house.claim.numbers("lane") + other.numbers("lane")
            #expect(Set(lanes).count == 4)
        }
    }
}
