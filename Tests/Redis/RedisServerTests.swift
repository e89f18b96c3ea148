import NIOCore
import NIOPosix
import Redis
import Stack
import Testing

@Suite("Redis, a real server", .serialized)
struct RedisServerTests {
    @Test("every kind of reply comes back as itself")
    func replies() async throws {
        try await withServer { _, connection in
            #expect(try await connection.send(.make("SET", "k", "v")).isOK)
            #expect(try await connection.send(.make("GET", "k")) == .bulk([UInt8(ascii: "v")]))
            #expect(try await connection.send(.make("GET", "none")).isNull)
            #expect(try await connection.send(.make("INCRBY", "n", "-5")) == .integer(-5))
            #expect(try await connection.send(.make("MGET", "k", "none")).array?.count == 2)
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("INCR", "k"))
                } == .refused(code: "ERR"))
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("LPUSH", "k", "1"))
                } == .refused(code: "WRONGTYPE"))
            _ = try await connection.send(.make("MULTI"))
            _ = try await connection.send(.make("LPUSH", "k", "1"))
            let executed = try await connection.send(.make("EXEC"))
            guard case .error(let text)? = executed.array?.first else {
                Issue.record("an error inside an array was lost: \(executed)")
                return
            }
            #expect(text.hasPrefix("WRONGTYPE"))
        }
    }

    @Test("credentials, database and client name are set up")
    func greeting() async throws {
        try await withServer(
            extraArguments: ["--requirepass", "s@cret"], url: "/3", credentials: ":s%40cret@",
            { $0.clientName = "claim-0" }
        ) { server, connection in
            _ = try await connection.send(.make("SET", "k", "v"))
            let info = try await connection.send(.make("CLIENT", "INFO")).string ?? ""
            #expect(info.contains("name=claim-0") && info.contains("db=3"))
            let intruder = RedisConnection(
                address: try RedisAddress(url: "redis://:wrong@127.0.0.1:\(server.port)"),
                loop: connection.loop)
            await #expect(throws: RedisFailure.self) { try await intruder.ready(within: .milliseconds(100)) }
            await intruder.shutDown()
        }
    }

    @Test("thousands of commands of one tick leave in one write and are answered in order")
    func pipelining() async throws {
        try await withServer { _, connection in
            let commands = Array(repeating: RedisCommand.make("INCR", "n"), count: 4000)
            let results = try await begin(connection, commands).get()
            let numbers = results.map { try? $0.get().integer }
            #expect(numbers == (1...4000).map { Int64($0) })
            let counters = try await connection.loop.submit { connection.counters }.get()
            #expect(counters.writes == 1 && counters.replies == 4000)
        }
    }

    @Test("a command that timed out was applied all the same: unknown, not failed")
    func timedOutYetApplied() async throws {
        try await withServer {
            $0.stallTimeout = .seconds(60)
        } _: { server, connection in
            let other = try await bystander(server)
            _ = try await other.send(.make("CLIENT", "PAUSE", "60000", "WRITE"))
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("SET", "k", "v"), timeout: .milliseconds(50))
                } == .unknown)
            // Behind the overdue one in the same line: answered after it, and matched to its own command.
            let behind = try await begin(connection, [.make("GET", "k")])
            _ = try await other.send(.make("CLIENT", "UNPAUSE"))
            #expect(try await behind.get().first?.get().string == "v")
            let counters = try await connection.loop.submit { connection.counters }.get()
            #expect(counters.timedOut == 1 && counters.late == 1 && counters.losses == 0)
            await other.shutDown()
        }
    }

    @Test("a server that stands still is left and found again")
    func stalledServer() async throws {
        try await withServer {
            $0.stallTimeout = .milliseconds(100)
        } _: { server, connection in
            let states = await observe(connection)
            server.pause()
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("SET", "k", "v"), timeout: .milliseconds(50))
                } == .unknown)
            #expect(await states.next() == false)
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("GET", "k"))
                } == .neverSent)
            server.resume()
            try await connection.ready(within: .seconds(20))
            // It had been in the socket: unknown meant just that.
            #expect(try await connection.send(.make("GET", "k")).string == "v")
        }
    }

    @Test("kill -9: in flight is unknown, then never sent, then it goes on by itself")
    func killed() async throws {
        try await withServer { server, connection in
            _ = try await connection.send(.make("SET", "before", "1"))
            _ = try await connection.send(.make("CONFIG", "SET", "appendfsync", "always"))
            _ = try await connection.send(.make("SET", "kept", "1"))
            let states = await observe(connection)
            server.pause()
            let commands = Array(repeating: RedisCommand.make("INCR", "n"), count: 10)
            let inFlight = try await begin(connection, commands)
            server.kill9()
            let results = try await inFlight.get()
            #expect(results.allSatisfy { $0.failureKind == .unknown })
            #expect(await states.next() == false)
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("GET", "kept"))
                } == .neverSent)
            try server.restart(keepingData: true)
            #expect(await states.next() == true)
            #expect(try await connection.send(.make("GET", "kept")).string == "1")
            try server.restart(keepingData: false)
            #expect(await states.next() == false)
            #expect(await states.next() == true)
            #expect(try await connection.send(.make("DBSIZE")) == .integer(0))
        }
    }

    @Test("scripts survive SCRIPT FLUSH and a restart; each call is carried out once")
    func scripts() async throws {
        try await withServer { server, connection in
            let script = RedisScript(name: "count", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
            let key = Array("n".utf8)
            #expect(
                try await connection.run(script, keys: [key], arguments: [[UInt8(ascii: "2")]]) == .integer(2)
            )
            #expect(
                try await connection.run(script, keys: [key], arguments: [[UInt8(ascii: "2")]]) == .integer(4)
            )
            // Redis's own digest is the same as ours.
            #expect(try await connection.send(.make("SCRIPT", "LOAD", script.source)).string == script.sha1)
            _ = try await connection.send(.make("SCRIPT", "FLUSH"))
            let results = await withCheckedContinuation { continuation in
                connection.loop.execute {
                    var results: [Int64?] = []
                    for _ in 0..<50 {
                        connection.run(script, keys: [key], arguments: [[UInt8(ascii: "1")]]) {
                            results.append(try? $0.get().integer)
                            if results.count == 50 { continuation.resume(returning: results) }
                        }
                    }
                }
            }
            #expect(results == (5...54).map { Int64($0) })
            let counters = try await connection.loop.submit { connection.counters }.get()
            #expect(counters.scriptLoads == 2)
            let states = await observe(connection)
            try server.restart(keepingData: false)
            #expect(await states.next() == false)
            #expect(await states.next() == true)
            #expect(
                try await connection.run(script, keys: [key], arguments: [[UInt8(ascii: "1")]]) == .integer(1)
            )
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.run(
                        RedisScript(name: "bad", source: "syntax error"), keys: [], arguments: [])
                } == .refused(code: "NOSCRIPT"))
        }
    }

    @Test("settled: a script that the server did not know, and gets again behind the PING, is through")
    func settled() async throws {
        try await withServer { server, connection in
            let router = RedisRouter(try RedisTarget(url: server.url), loop: connection.loop)
            try await router.ready(within: .seconds(20))
            let script = RedisScript(name: "late", source: "return redis.call('SET', KEYS[1], 'v')")
            try await connection.loop.flatSubmit {
                let through = connection.loop.makePromise(of: Void.self)
                router.run(script, keys: [Array("k".utf8)], arguments: []) { _ in }
                router.settled { through.succeed() }
                return through.futureResult.map { router.close() }
            }.get()
            #expect(try await connection.send(.make("GET", "k")).string == "v")
        }
    }

    @Test("replies of many megabytes come whole; one beyond the bound ends the connection")
    func bigReplies() async throws {
        try await withServer {
            $0.maxReplyBytes = 8 << 20
        } _: { _, connection in
            let value = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var set = RedisCommand("SET", reserving: value.count + 16)
            set.add("big")
            set.add(value)
            #expect(try await connection.send(set).isOK)
            #expect(try await connection.send(.make("GET", "big")).bytes == value)
            _ = try await connection.send(
                .make("EVAL", "for i = 1, 20000 do redis.call('RPUSH', 'l', i) end", "0"))
            #expect(try await connection.send(.make("LRANGE", "l", "0", "-1")).array?.count == 20_000)
            #expect(
                await kind { () async throws(RedisFailure) in
                    try await connection.send(.make("MGET", "big", "big"))
                } == .unknown)
            try await connection.ready(within: .seconds(20))
            #expect(try await connection.send(.make("STRLEN", "big")) == .integer(5 << 20))
        }
    }

    @Test("waiting to be ready ends with the time given, and with the connection")
    func waitingForNobody() async throws {
        let connection = RedisConnection(
            address: RedisAddress(host: "127.0.0.1", port: try FreePort.pick()),
            loop: MultiThreadedEventLoopGroup.singleton.next())
        await #expect(throws: RedisFailure.self) { try await connection.ready(within: .milliseconds(20)) }
        let waiting = Task { try await connection.ready(within: .seconds(600)) }
        await connection.shutDown()
        await #expect(throws: RedisFailure.self) { try await waiting.value }
        await #expect(throws: RedisFailure.self) { try await connection.ready(within: .seconds(600)) }
    }
}
