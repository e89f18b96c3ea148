import NIOCore
import Redis
import Testing

@Suite("Redis Cluster, the nodes played by the test")
struct RedisClusterTests {
    private let low = RedisClusterBench.low
    private let high = RedisClusterBench.high

    @Test("each command goes to its key's master, one without arguments to some master")
    func routing() throws {
        let bench = try RedisClusterBench()
        for key in [high, low, high] { bench.send(.make("GET", key)) }
        bench.send(.make("TIME"))
        bench.router.send(.make("TIME"), key: Array(high.utf8)) { bench.note($0) }
        #expect(try bench.sent(7000) == ["GET bar", "TIME"])
        #expect(try bench.sent(7001) == ["GET foo", "GET foo", "TIME"])
        try bench.serve(7001, "+1\r\n+2\r\n+3\r\n")
        try bench.serve(7000, "+4\r\n+5\r\n")
        #expect(bench.results == ["1", "2", "3", "4", "5"])
        bench.router.close()
        #expect(bench.states == [true, false])
    }

    @Test("MOVED is followed; the next command goes there by itself")
    func moved() throws {
        let bench = try RedisClusterBench()
        bench.send(.make("GET", low))
        #expect(try bench.sent(7000) == ["GET bar"])
        try bench.serve(7000, "-MOVED 5061 h:7001\r\n")
        #expect(try bench.sent(7001) == ["GET bar"])
        try bench.serve(7001, "+v\r\n")
        bench.send(.make("GET", low))
        #expect(try bench.sent(7001) == ["GET bar"])
        #expect(bench.results == ["v"])
        #expect(bench.router.clusterCounters?.moved == 1)
        bench.router.close()
    }

    @Test("ASK: ASKING and the command leave in one write, and what comes after stays outside")
    func ask() throws {
        let bench = try RedisClusterBench()
        bench.send(.make("GET", low))
        #expect(try bench.sent(7000) == ["GET bar"])
        bench.send(.make("GET", high))
        try bench.serve(7000, "-ASK 5061 h:7001\r\n")
        #expect(try bench.sent(7001) == ["GET foo", "ASKING", "GET bar"])
        try bench.serve(7001, "+f\r\n+OK\r\n+b\r\n")
        #expect(bench.results == ["f", "b"])
        bench.send(.make("GET", low))
        #expect(try bench.sent(7000) == ["GET bar"])
        bench.router.close()
    }

    @Test("ASK: a script that the node lacks is loaded, and asks again")
    func askScript() throws {
        let bench = try RedisClusterBench()
        let script = RedisScript(name: "s", source: "return 1")
        bench.router.run(script, keys: [Array(low.utf8)], arguments: []) { bench.note($0) }
        let call = "EVALSHA \(script.sha1) 1 bar"
        #expect(try bench.sent(7000) == [call])
        try bench.serve(7000, "-ASK 5061 h:7001\r\n")
        #expect(try bench.sent(7001) == ["ASKING", call])
        try bench.serve(7001, "+OK\r\n-NOSCRIPT no\r\n")
        #expect(try bench.sent(7001) == ["SCRIPT LOAD return 1", "ASKING", call])
        try bench.serve(7001, "$1\r\nx\r\n+OK\r\n:1\r\n")
        #expect(bench.results == ["integer(1)"])
        bench.router.close()
    }

    @Test("ASK: without room for both, neither is sent")
    func askWithoutRoom() throws {
        let bench = try RedisClusterBench(maxInFlight: 2)
        bench.send(.make("GET", low))
        bench.send(.make("GET", high))
        _ = (try bench.sent(7000), try bench.sent(7001))
        try bench.serve(7000, "-ASK 5061 h:7001\r\n")
        #expect(try bench.sent(7001) == nil)
        #expect(bench.results == ["neverSent"])
        bench.router.close()
    }

    @Test("TRYAGAIN is tried again after a pause, at the slot's master")
    func tryAgain() throws {
        let bench = try RedisClusterBench()
        bench.send(.make("GET", low))
        _ = try bench.sent(7000)
        try bench.serve(7000, "-TRYAGAIN Multiple keys\r\n")
        #expect(try bench.sent(7000) == nil)
        bench.pass(ms: 4)
        #expect(try bench.sent(7000) == ["GET bar"])
        try bench.serve(7000, "+v\r\n")
        #expect(bench.results == ["v"])
        bench.router.close()
    }

    @Test("what may have been applied is never sent again")
    func unknown() throws {
        let bench = try RedisClusterBench()
        bench.send(.make("INCR", low))
        _ = try bench.sent(7000)
        bench.hangUp(7000)
        #expect(bench.results == ["unknown"])
        #expect(bench.states == [true, false])
        bench.send(.make("INCR", low))
        bench.send(.make("GET", high))
        #expect(bench.results == ["unknown", "neverSent"])
        #expect(try bench.sent(7001)?.contains("GET foo") == true)
        bench.router.close()
    }

    @Test("a paused command does not run on whatever comes after a master's loss")
    func pausedOverLoss() throws {
        let bench = try RedisClusterBench()
        bench.send(.make("INCR", low))
        _ = try bench.sent(7000)
        try bench.serve(7000, "-CLUSTERDOWN The cluster is down\r\n")
        bench.hangUp(7001)
        bench.pass(ms: 4)
        #expect(bench.results == ["refused(code: \"CLUSTERDOWN\")"])
        bench.router.close()
    }

    @Test("a failover: not ready, the map from those who are left, ready again with the new master")
    func failover() throws {
        let bench = try RedisClusterBench()
        bench.hangUp(7001)
        #expect(bench.states == [true, false])
        bench.pass(ms: 60)
        #expect(try bench.sent(7000) == ["CLUSTER SLOTS"])
        let after =
            "*2\r\n" + RedisClusterBench.range(0, 8191, port: 7000)
            + RedisClusterBench.range(8192, 16383, port: 7004)
        try bench.serve(7000, after)
        #expect(bench.states == [true, false])
        try bench.greet(7004)
        #expect(bench.states == [true, false, true])
        #expect(bench.router.masters.map(\.address.port) == [7000, 7004])
        bench.send(.make("GET", high))
        #expect(try bench.sent(7004) == ["GET foo"])
        bench.router.close()
    }

    @Test("closing completes everything, paused commands too; then nothing is under way")
    func closing() throws {
        let bench = try RedisClusterBench()
        var isSettled = false
        bench.send(.make("GET", low))
        bench.send(.make("GET", high))
        _ = (try bench.sent(7000), try bench.sent(7001))
        try bench.serve(7000, "-TRYAGAIN x\r\n")
        bench.router.settled { isSettled = true }
        #expect(!isSettled)
        bench.router.close()
        #expect(bench.results.sorted() == ["refused(code: \"TRYAGAIN\")", "unknown"])
        #expect(isSettled)
        bench.send(.make("GET", low))
        #expect(bench.results.last == "neverSent")
    }

    @Test("many strings of any slots are read together; some may be missing")
    func readAll() throws {
        let bench = try RedisClusterBench()
        var replies: [Result<RedisReply, RedisFailure>] = []
        func read() { bench.router.readAll(.make("MGET", high, low, "{foo}2")) { replies.append($0) } }
        read()
        #expect(try bench.sent(7001) == ["GET foo", "GET {foo}2"])
        #expect(try bench.sent(7000) == ["GET bar"])
        try bench.serve(7001, "+1\r\n-WRONGTYPE x\r\n")
        try bench.serve(7000, "+2\r\n")
        #expect(replies.popLast()?.value == .array([.simple("1"), .simple("2"), .null]))
        bench.hangUp(7000)
        read()
        _ = try bench.sent(7001)
        try bench.serve(7001, "+1\r\n+2\r\n")
        guard case .array(let values)? = replies.popLast()?.value, case .error = values[1] else {
            Issue.record("what one master has is lost with the other")
            return
        }
        bench.hangUp(7001)
        read()
        #expect(replies.popLast()?.failureKind == .neverSent)
        bench.router.close()
    }
}

extension Result where Success == RedisReply {
    fileprivate var value: RedisReply? { try? get() }
}
