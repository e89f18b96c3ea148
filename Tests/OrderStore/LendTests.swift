import OrderStore
import Orders
import Pacing
import Redis
import Testing

@Suite("The board of shares in a real Redis", .serialized)
struct LendTests {
    private func lend(
        _ fixture: Fixture, _ instance: UInt64, _ sequence: UInt64, _ entry: String
    ) async throws(RedisFailure) -> [UInt64: String] {
        let board = try await fixture.store.awaiting { store, then in
            store.lend(instance: instance, sequence: sequence, entry: Array(entry.utf8)) { result in
                then(
                    result.map {
                        $0.entries.map { ($0.instance, String(decoding: $0.entry, as: UTF8.self)) }
                    })
            }
        }
        return Dictionary(uniqueKeysWithValues: board)
    }

    /// Makes a deliverer's last sign of life older, by Redis's clock.
    private func age(_ fixture: Fixture, _ instance: UInt64, byMs: Int64) async throws {
        var get = RedisCommand("HGET")
        get.add(fixture.store.keys.lend)
        get.add(instance.bigEndianBytes)
        let held = try #require(try await fixture.store.redis.send(get).bytes)
        let atMs = UInt64(try await fixture.nowMs() - byMs)
        var set = RedisCommand("HSET")
        set.add(fixture.store.keys.lend)
        set.add(instance.bigEndianBytes)
        set.add(atMs.bigEndianBytes.suffix(6) + held.dropFirst(6))
        _ = try await fixture.store.redis.send(set)
    }

    @Test("each writes its own entry and reads the others'; a late call of before is refused")
    func board() async throws {
        try await Fixture.with { (fixture) async throws in
            #expect(try await lend(fixture, 1, 1, "a") == [:])
            #expect(try await lend(fixture, 2, 7, "b") == [1: "a"])
            #expect(try await lend(fixture, .max, 1, "") == [1: "a", 2: "b"])
            #expect(try await lend(fixture, 1, 300, "c") == [2: "b", .max: ""])
            for sequence: UInt64 in [300, 299, 2, 0] {
                do throws(RedisFailure) {
                    _ = try await lend(fixture, 1, sequence, "old")
                    Issue.record("call \(sequence) after 300 was taken")
                } catch {
                    #expect(error.hasCode("OLD"))
                }
            }
            #expect(try await lend(fixture, 2, 8, "d") == [1: "c", .max: ""])
            // More than a signed number, and bytes of every kind.
            #expect(try await lend(fixture, 1, .max - 1, "e") == [2: "d", .max: ""])
            #expect(try await lend(fixture, 1, .max, "f") == [2: "d", .max: ""])
            #expect(try await lend(fixture, 2, 256, "g") == [1: "f", .max: ""])
        }
    }

    @Test("who was silent for a minute is forgotten; no more than 64 live at a time")
    func forgotten() async throws {
        try await Fixture.with { (fixture) async throws in
            for instance in 1...UInt64(OrderStore.maxLenders) {
                #expect(try await lend(fixture, instance, 1, "x").count == Int(instance) - 1)
            }
            do throws(RedisFailure) {
                _ = try await lend(fixture, 65, 1, "x")
                Issue.record("one too many")
            } catch {
                #expect(error.hasCode("FULL"))
            }
            // Those who are there go on.
            #expect(try await lend(fixture, 64, 2, "y").count == 63)
            try await age(fixture, 3, byMs: OrderStore.lenderSilenceMs - 10_000)
            #expect(try await lend(fixture, 64, 3, "y")[3] == "x")
            try await age(fixture, 3, byMs: OrderStore.lenderSilenceMs + 1_000)
            #expect(try await lend(fixture, 65, 1, "x").count == 63)
            // Redis's clock was set back: an entry from the far future is as good as silent.
            try await age(fixture, 4, byMs: -(OrderStore.lenderSilenceMs + 10_000))
            #expect(try await lend(fixture, 65, 2, "x")[4] == nil)
            #expect(try await lend(fixture, 3, 2, "x").count == 63)
        }
    }

    @Test("the control's version comes with the answer")
    func control() async throws {
        try await Fixture.with { (fixture) async throws in
            func version(_ sequence: UInt64) async throws -> Int64 {
                try await fixture.store.awaiting { store, then in
                    store.lend(instance: 1, sequence: sequence, entry: []) {
                        then($0.map(\.controlVersion))
                    }
                }
            }
            #expect(try await version(1) == 0)
            var command = RedisCommand("HINCRBY")
            command.add(fixture.store.keys.control)
            for word in ["v", "41"] { command.add(word) }
            _ = try await fixture.store.redis.send(command)
            #expect(try await version(2) == 41)
        }
    }

    @Test("three pacers over one Redis: who has the backlog gets the limit, and the sum holds")
    func threePacers() async throws {
        try await Fixture.with { (fixture) async throws in
            let limit = try PacingLimit(perSecond: 300, burst: 90)
            let shape = LimitShape(games: [.init(partitions: 6, perSecond: 300)])
            var nowNs: UInt64 = 1_000_000_000
            var pacers: [DeliveryPacer] = []
            for instance in 1...UInt64(3) {
                var pacer = try DeliveryPacer(
                    total: limit, games: [.init(limit: limit, maxConcurrency: 60)],
                    shares: SharesSetup(instance: instance, shape: shape), nowNs: nowNs)
                pacer.assigned(
                    (0..<2).map { SharePartition(game: 0, index: Int(instance - 1) * 2 + $0) }, nowNs: nowNs)
                pacers.append(pacer)
            }
            pacers[0].setDemand(0, true)
            var started = 0
            // Simulated time, a real board: ten seconds in steps of 5 ms; those who
            // have just been given partitions wait for two, and only then is there anything to lend.
            for step in 0..<2_000 {
                nowNs += 5_000_000
                for index in pacers.indices {
                    if step % 100 == 0 { pacers[index].committed(sentNs: nowNs, nowNs: nowNs) }
                    if step % 40 == 13 * index, let entry = pacers[index].planLending(nowNs: nowNs) {
                        let bytes = entry.encode()
                        let board = try await fixture.store.awaiting { store, then in
                            store.lend(
                                instance: entry.instance, sequence: entry.sequence, entry: bytes,
                                then: { then($0.map(\.entries)) })
                        }
                        pacers[index].lendAnswered(
                            entry.sequence,
                            board.compactMap { LendEntry.decode($0.entry, instance: $0.instance) },
                            nowNs: nowNs + 1_000)
                    }
                }
                while case .start(let permit) = pacers[0].next(nowNs: nowNs + 2_000 + UInt64(started % 2)) {
                    if step >= 1_400 { started += 1 }
                    pacers[0].finished(permit, .succeeded, nowNs: nowNs + 2_000)
                    nowNs += 1
                }
                let rates = pacers.compactMap { $0.share(of: 0)?.rate }
                #expect(rates.reduce(0, +) <= LimitShare.whole)
            }
            // Three seconds' worth of the whole limit, and not of a third.
            #expect(started >= 810 && started <= 900 + 90, "\(started)")
        }
    }
}
