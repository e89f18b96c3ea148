import Orders
import Stack
import Testing

@Suite("Dead letters: listed", .serialized)
struct DeadListTests {
    @Test("summed up by game, reason and status, with where each order stands now, and poison records")
    func listed() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let orders = try await house.rejected(12, game: "teahouse-days", lane: 1)
            _ = try await house.rejected(3, game: "moon-rabbit", lane: 2)
            try await house.produce([
                (house.topics.orders(game: "teahouse-days"), Array("no order \u{1b}[31m".utf8)),
                (house.topics.dead, Array("not even that".utf8)),
            ])
            var odd = orders[0]
            odd.id = OrderID(lane: 9, shard: odd.id.shard, sequence: 1)
            let letter = DeadRecord(
                order: odd, outcome: .expired, reason: "late \u{1b}[31m", status: 0, answer: "a\nb", atMs: 5)
            try await house.produce([(house.topics.dead, letter.encode(house.catalog))])
            let isBuried = try await eventually {
                try house.records(house.topics.dead).contains { PoisonRecord.isPoison($0) }
            }
            #expect(isBuried, "\(house.log)")

            let all = try house.desk("dead", "list")
            #expect(all.exit == .code(0), "\(all.output)")
            #expect(
                all.output.contains(/teahouse-days  rejected +4\d\d  status 4\d\d +12 +12 +0 +0/),
                "\(all.output)")
            #expect(
                all.output.contains(/moon-rabbit +rejected +4\d\d  status 4\d\d +3 +3 +0 +0/), "\(all.output)"
            )
            #expect(all.output.contains("1 records that nobody could read"))
            #expect(all.output.contains("1 lines that are neither"))
            #expect(all.output.contains(#"late \u{1b}[31m"#) && all.output.contains(#"a\nb"#))
            #expect(!all.output.contains("\u{1b}"))
            for order in orders { #expect(all.output.contains(order.id.text)) }
            let some = try house.desk("dead", "list", "--game", "moon-rabbit", "--limit", "1", "--json")
                .output
            #expect(some.contains("\"orders\":3,\"still_dead\":3") && !some.contains("teahouse"), "\(some)")
            let poison = try house.desk("dead", "list", "--outcome", "poison").output
            #expect(poison.contains("POISON IN") && poison.contains("no dead letters"), "\(poison)")
            let late = try house.desk("dead", "list", "--until", "2020-01-01T00:00:00Z", "--reason", "LATE")
            #expect(late.output.contains(odd.id.text) && !late.output.contains("rejected"), "\(late.output)")
            #expect(try house.desk("dead", "list", "--since", "yesterday").exit == .code(64))
        }
    }
}
