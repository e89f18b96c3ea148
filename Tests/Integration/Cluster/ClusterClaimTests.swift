import HTTPClient
import Orders
import Stack
import Testing

@Suite("Claim over a Redis Cluster", .serialized)
struct ClusterClaimTests {
    @Test("promises 1, 3, 9: claims of all shards become orders; a failover, a rebuild, and on it goes")
    func failover() async throws {
        try await ClusterHouse.with { house in
            let crowd = house.crowd
            let first = await claims(1..<41, crowd)
            #expect(first.allSatisfy { $0.status == 202 })
            #expect(Set(first.compactMap(\.order)).count == 40)
            #expect(Set(try house.produced().map(\.id.text)) == Set(first.compactMap(\.order)))
            for (user, answer) in zip(UInt64(1)..., first) {
                let seen = await crowd.send(.get, "/v1/orders/\(answer.order ?? "")", user: user)
                #expect(seen.status == 200 && seen.state == "queued")
            }

            let victim = try house.redis.master(ofSlot: 0)
            victim.kill9()
            // The replica takes over, and Claim still takes nothing: its last second may be missing.
            #expect(
                try await eventually {
                    try house.claim.readiness().text.contains("run: redis was restarted or replaced")
                })
            #expect(try house.claim.readiness().status == 503)
            #expect(await crowd.claim(user: 100, serial: 100).status == 503)

            try house.rebuild()
            try house.claim.awaitReady()
            let repeats = await claims(1..<41, crowd)
            #expect(repeats.map(\.order) == first.map(\.order))
            let later = await claims(101..<141, crowd)
            #expect(later.allSatisfy { $0.order != nil })
            let all = Set((first + later).compactMap(\.order))
            #expect(all.count == 80)
            let produced = Set(try house.produced().map(\.id.text))
            #expect(produced.isSuperset(of: all))
        }
    }

    /// One claim of each, together, in the order of the people.
    private func claims(_ people: Range<UInt64>, _ crowd: ClaimCrowd) async -> [ClaimCrowd.Answer] {
        await withTaskGroup(of: (UInt64, ClaimCrowd.Answer).self) { group in
            for user in people {
                group.addTask { (user, await crowd.claimUntilFinal(user: user, serial: user)) }
            }
            var answers: [UInt64: ClaimCrowd.Answer] = [:]
            for await (user, answer) in group { answers[user] = answer }
            return people.compactMap { answers[$0] }
        }
    }
}
