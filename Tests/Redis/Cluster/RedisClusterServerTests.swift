import NIOCore
import NIOPosix
import Redis
import Stack
import Testing

/// A real cluster of three masters with a replica each and a router to it, gone when the body has ended.
func withCluster(
    replicasEach: Int = 1, _ body: (RedisClusterServers, RedisRouter) async throws -> Void
) async throws {
    try await withTaskExecutorPreference(BlockingThreads.shared) {
        try await withClusterInPlace(replicasEach: replicasEach, body)
    }
}

private func withClusterInPlace(
    replicasEach: Int, _ body: (RedisClusterServers, RedisRouter) async throws -> Void
) async throws {
    let run = try RunDirectory.claimUnique(prefix: "redis-cluster")
    defer { run.release() }
    let servers = try RedisClusterServers(in: run, replicasEach: replicasEach)
    defer { servers.kill9() }
    var options = RedisOptions()
    options.commandTimeout = .seconds(10)
    let router = RedisRouter(
        try RedisTarget(url: servers.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
        options: options
    )
    do {
        try await router.ready(within: .seconds(30))
        try await body(servers, router)
    } catch {
        await router.shutDown()
        throw error
    }
    await router.shutDown()
}

@Suite("Redis Cluster, real servers", .serialized)
struct RedisClusterServerTests {
    private static let sum = RedisScript(
        name: "sum",
        source: """
            local out = 0
            for i = 1, #KEYS do out = out + tonumber(redis.call('GET', KEYS[i]) or '0') end
            redis.call('SET', KEYS[1], out)
            return out
            """)

    private func counters(_ router: RedisRouter) async throws -> RedisClusterCounters {
        try await router.loop.submit { router.clusterCounters! }.get()
    }

    @Test("keys of all slots, scripts and many reads find their masters")
    func everywhere() async throws {
        try await withCluster(replicasEach: 0) { servers, router in
            for number in 0..<200 {
                #expect(try await router.send(.make("SET", "key-\(number)", "\(number)")).isOK)
            }
            var mget = RedisCommand("MGET")
            for number in 0..<200 { mget.add("key-\(number)") }
            let values = try await router.readAll(mget).array
            #expect(values?.map(\.integer) == (0..<200).map { Int64($0) })
            for number in 0..<20 {
                let keys = ["{tag-\(number)}a", "{tag-\(number)}b"]
                for key in keys { _ = try await router.send(.make("SET", key, "\(number)")) }
                let reply = try await router.run(Self.sum, keys: keys.map { Array($0.utf8) }, arguments: [])
                #expect(reply.integer == Int64(number * 2))
            }
            #expect(try await router.loop.submit { router.masters.count }.get() == 3)
            // The map was right from the beginning.
            let counters = try await counters(router)
            #expect(counters.moved == 0 && counters.mapReadings > 0)
            await #expect(throws: RedisFailure.self) {
                _ = try await router.run(Self.sum, keys: [[1], [2], [3], [4]], arguments: [])
            }
        }
    }

    @Test("a slot on its way: ASK for what has gone, TRYAGAIN while keys are apart, MOVED at the end")
    func migration() async throws {
        try await withCluster(replicasEach: 0) { servers, router in
            let tag = "{moving}"
            let slot = RedisSlot.of(Array(tag.utf8))
            let source = try servers.master(ofSlot: slot)
            let target = try #require(servers.servers.first { $0 !== source })
            let keys = [Array("\(tag)a".utf8), Array("\(tag)b".utf8)]
            for key in ["a", "b"] { _ = try await router.send(.make("SET", tag + key, "1")) }

            try servers.beginMove(slot: slot, from: source, to: target)
            // All keys still at the source: served there. A new one: by the target.
            #expect(try await router.run(Self.sum, keys: keys, arguments: []).integer == 2)
            #expect(try await router.send(.make("SET", "\(tag)new", "5")).isOK)
            #expect(try await counters(router).asked == 1)
            #expect(
                try await router.run(Self.sum, keys: [Array("\(tag)new".utf8)], arguments: []).integer == 5)

            try servers.moveKeys(slot: slot, from: source, to: target, most: 1)
            let apart = router.loop.makePromise(of: RedisReply.self)
            router.loop.execute {
                router.run(Self.sum, keys: keys, arguments: [], timeout: .seconds(30)) {
                    apart.completeWith($0.mapError { $0 })
                }
            }
            while try await counters(router).tryAgain < 2 { try await router.loop.submit {}.get() }
            try servers.moveKeys(slot: slot, from: source, to: target)
            // a is 2 by the first run, b is 1.
            #expect(try await apart.futureResult.get().integer == 3)

            try servers.endMove(slot: slot, from: source, to: target)
            #expect(try await router.run(Self.sum, keys: keys, arguments: []).integer == 4)
            #expect(try await router.send(.make("GET", "\(tag)new")).integer == 5)
        }
    }

    @Test("a killed master: not ready, and ready again when its replica has taken over")
    func failover() async throws {
        try await withCluster { servers, router in
            let key = "{lost}k"
            let slot = RedisSlot.of(Array(key.utf8))
            #expect(try await router.send(.make("SET", key, "1")).isOK)
            #expect(try await router.send(.make("WAIT", "1", "5000"), key: Array(key.utf8)).integer == 1)
            let (master, replica) = try servers.pair(ofSlot: slot, within: .seconds(30))
            let states = await observe(router)
            master.kill9()
            #expect(await states.next() == false)
            #expect(await states.next() == true)
            #expect(try await router.send(.make("INCR", key)) == .integer(2))
            let ports = try await router.loop.submit { router.masters.map(\.address.port) }.get()
            #expect(ports.contains(replica.port) && !ports.contains(master.port))

            // Back as a replica of the other, it gets no commands.
            try master.restart(keepingData: true)
            try servers.agree(within: .seconds(30))
            #expect(try await router.send(.make("INCR", key)) == .integer(3))
            #expect(try await router.loop.submit { router.isReady }.get())
        }
    }

    /// The changes of state from now on.
    private func observe(_ router: RedisRouter) async -> StateChanges {
        let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
        try? await router.loop.submit { router.onState = { continuation.yield($0) } }.get()
        return StateChanges(stream: stream)
    }
}
