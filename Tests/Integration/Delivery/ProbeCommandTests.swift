import OrderStore
import Orders
import Redis
import Stack
import Testing

@testable import Deliverer

@Suite("deliverer check and probe, over real sockets", .serialized)
struct ProbeCommandTests {
    @Test("check reads what a deliverer would, and says 65 where it could not deliver")
    func check() async throws {
        try await FollowHouse.with { house in
            let good = try house.command("check")
            #expect(good.exit == .code(0) && good.text.contains("ok     carp  POST http://127.0.0.1:"))
            #expect(good.text.contains("private addresses allowed"))
            try house.secret("nothing of the kind")
            let bad = try house.command("check")
            #expect(bad.exit == .code(65) && bad.text.contains("carp.secret: $: key 1:"))
            try house.edit("/{nothing}")
            let worse = try house.command("check", "--json")
            #expect(worse.exit == .code(65) && worse.text.contains(#""path":"games[0].endpoint""#))
            #expect(house.book.requests.isEmpty)
        }
    }

    @Test("probe sends nothing unless it is told to, then one request with an ID that no claim ever has")
    func probe() async throws {
        try await FollowHouse.with { house in
            let shown = try house.command("probe", "carp", "--gift", "scarce", "--user", "42")
            #expect(shown.exit == .code(0) && shown.text.contains("nothing was sent"), "\(shown.text)")
            #expect(shown.text.contains("42") && shown.text.contains("1 x scarce"))
            #expect(house.book.requests.isEmpty)
            let sent = try house.command("probe", "carp", "--send")
            #expect(sent.exit == .code(0) && sent.text.contains("means    delivered"), "\(sent.text)")
            let request = try #require(house.book.requests.first)
            #expect(house.book.requests.count == 1)
            let id = try #require(request.headers["webhook-id"].flatMap { OrderID(text: $0) })
            #expect(id.lane == OrderID.testLane)
            let signature = try #require(request.headers["webhook-signature"])
            #expect(!sent.text.contains(signature.dropFirst(3)))
            // The same ID again, since a game's answer to a repeat is worth a look.
            let again = try house.command("probe", "carp", "--order", id.text, "--send")
            #expect(again.exit == .code(0) && house.book.requests.last?.headers["webhook-id"] == id.text)
            let real = OrderID(lane: 1, shard: 0, sequence: 0).text
            let refused = try house.command("probe", "carp", "--order", real, "--send")
            #expect(refused.exit == .code(65) && refused.text.contains("may be somebody's"))
            #expect(try house.command("probe", "carp", "--ask", "--send").exit == .code(65))
            #expect(house.book.requests.count == 2)
        }
    }

    @Test("promise 2: the lane of test orders is never given out, whatever the counter says")
    func lane() async throws {
        try await FollowHouse.with { house in
            func acquire(after counter: Int64) async throws -> UInt32 {
                try await house.store { store in
                    var command = RedisCommand("HSET")
                    command.add(store.keys.lanes)
                    command.add("next")
                    command.add(counter)
                    _ = try await store.redis.send(command)
                    return try await store.awaiting { store, then in
                        store.acquireLane(owner: 1, leaseMs: 1_000, then: then)
                    }
                }
            }
            let first = try await acquire(after: 0)
            let later = try await acquire(after: 91_000_000)
            #expect(first == OrderID.testLane + 1 && later == 91_000_001)
            // A counter that was spoilt, and one that has run over.
            for counter in [-1, Int64(UInt32.max)] {
                var isRefused = false
                do { _ = try await acquire(after: counter) } catch { isRefused = true }
                #expect(isRefused)
            }
        }
    }
}
