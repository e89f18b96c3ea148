import NIOCore
import NIOEmbedded
import Redis
import Testing

@Suite("Redis connection, the server played by the test")
struct RedisConnectionTests {
    @Test("all commands of one tick leave in one write, in order")
    func oneWrite() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        for number in 0..<100 { bench.send(connection, .make("GET", "k\(number)")) }
        #expect(try bench.sent() == nil)
        bench.loop.run()
        #expect(try bench.sent() == (0..<100).map { "GET k\($0)" })
        #expect(try bench.sent() == nil)
        #expect(connection.counters.writes == 1)
        try bench.serve((0..<100).map { "+\($0)\r\n" }.joined())
        #expect(bench.results == (0..<100).map { "\($0)" })
        connection.close()
    }

    @Test("a completion that sends again is part of the next write")
    func sendInCompletion() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        connection.send(.make("GET", "a")) { _ in
            bench.send(connection, .make("GET", "b"))
            bench.send(connection, .make("GET", "c"))
        }
        bench.loop.run()
        #expect(try bench.sent() == ["GET a"])
        try bench.serve("$-1\r\n")
        bench.loop.run()
        #expect(try bench.sent() == ["GET b", "GET c"])
        connection.close()
    }

    @Test("the greeting says who we are and where we work, and ends with PING")
    func greeting() throws {
        let bench = RedisBench()
        let address = try RedisAddress(url: "redis://me:pw@h/4")
        let connection = bench.connection(address) { $0.clientName = "claim-0" }
        #expect(try bench.sent() == ["AUTH me pw", "SELECT 4", "CLIENT SETNAME claim-0", "PING"])
        try bench.serve("+OK\r\n+OK\r\n+OK\r\n")
        #expect(!connection.isReady)
        bench.send(connection, .make("GET", "a"))
        #expect(bench.results == ["neverSent"])
        try bench.serve("+PONG\r\n")
        #expect(connection.isReady && bench.states == [true])
        connection.close()
        #expect(bench.states == [true, false])
    }

    @Test(
        "a refused greeting is tried again, on a new channel, later",
        arguments: [
            "-WRONGPASS no\r\n", "-LOADING wait\r\n", "?garbage\r\n",
        ])
    func refusedGreeting(answer: String) throws {
        let bench = RedisBench()
        let connection = bench.connection()
        try? bench.serve(answer)
        #expect(!connection.isReady)
        bench.loop.run()
        #expect(!bench.channels[0].isActive)
        #expect(bench.channels.count == 1)
        bench.loop.advanceTime(by: .milliseconds(50))
        #expect(bench.channels.count == 2)
        try bench.serve("+PONG\r\n")
        #expect(connection.isReady && bench.states == [true])
        connection.close()
    }

    @Test("a server that never answers the greeting is left")
    func silentGreeting() {
        let bench = RedisBench()
        let connection = bench.connection()
        bench.loop.advanceTime(by: .milliseconds(99))
        #expect(bench.channels[0].isActive)
        bench.loop.advanceTime(by: .milliseconds(1))
        #expect(!bench.channels[0].isActive)
        connection.close()
    }

    @Test("failed dials are repeated with growing pauses until one succeeds")
    func dials() throws {
        let bench = RedisBench()
        bench.refuseDials = true
        let connection = bench.connection()
        bench.loop.advanceTime(by: .seconds(20))
        // Pauses of at most 50, 100, 200 … 2000 ms, then 2 s each; at least half of that.
        #expect((14...27).contains(connection.counters.failedDials))
        bench.refuseDials = false
        // By the millisecond, so that the test answers the greeting before its time is up.
        for _ in 0..<2000 where bench.channels.isEmpty { bench.loop.advanceTime(by: .milliseconds(1)) }
        try bench.serve("+PONG\r\n")
        #expect(connection.isReady)
        connection.close()
        bench.loop.advanceTime(by: .seconds(60))
        #expect(bench.channels.count == 1)
    }

    @Test("a command whose time is up is unknown; its late reply disturbs nobody")
    func timeOut() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        bench.send(connection, .make("GET", "slow"))
        bench.loop.advanceTime(by: .milliseconds(50))
        bench.send(connection, .make("GET", "next"))
        bench.loop.advanceTime(by: .milliseconds(50))
        #expect(bench.results == ["unknown"])
        try bench.serve("+late\r\n+right\r\n")
        #expect(bench.results == ["unknown", "right"])
        #expect(connection.counters.timedOut == 1 && connection.counters.late == 1)
        #expect(connection.isReady)
        connection.close()
    }

    @Test("a command may have a time of its own, shorter or longer")
    func ownTimes() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        bench.send(connection, .make("GET", "long"), timeout: .milliseconds(300))
        bench.send(connection, .make("GET", "usual"))
        bench.send(connection, .make("GET", "short"), timeout: .milliseconds(10))
        bench.loop.advanceTime(by: .milliseconds(10))
        #expect(bench.results == ["unknown"])
        bench.loop.advanceTime(by: .milliseconds(90))
        #expect(bench.results == ["unknown", "unknown"])
        try bench.serve("+a\r\n+b\r\n+c\r\n")
        #expect(bench.results == ["unknown", "unknown", "a"])
        connection.close()
    }

    @Test("a connection that hangs is closed and made anew")
    func hung() throws {
        let bench = RedisBench()
        let connection = try bench.ready { $0.stallTimeout = .milliseconds(400) }
        bench.send(connection, .make("GET", "a"))
        bench.loop.advanceTime(by: .milliseconds(450))
        bench.send(connection, .make("GET", "b"))
        #expect(connection.isReady)
        bench.loop.advanceTime(by: .milliseconds(50))
        #expect(!connection.isReady)
        #expect(bench.results == ["unknown", "unknown"])
        #expect(!bench.channels[0].isActive)
        bench.loop.advanceTime(by: .milliseconds(60))
        try bench.serve("+PONG\r\n")
        bench.send(connection, .make("GET", "c"))
        bench.loop.run()
        try bench.serve("+c\r\n")
        #expect(bench.results.last == "c" && bench.states == [true, false, true])
        connection.close()
    }

    @Test("a lost connection: written is unknown, unwritten is never sent")
    func lost() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        bench.send(connection, .make("GET", "a"))
        bench.loop.run()
        bench.send(connection, .make("GET", "b"))
        bench.channels[0].pipeline.fireChannelInactive()
        #expect(bench.results == ["unknown", "neverSent"])
        #expect(bench.states == [true, false])
        bench.send(connection, .make("GET", "c"))
        #expect(bench.results.last == "neverSent")
        bench.loop.run()
        #expect(
            try bench.channels[0].readOutbound(as: ByteBuffer.self).map(String.init(buffer:))?
                .contains("b\r\n") == false)
        connection.close()
    }

    @Test(
        "bytes that are no protocol, or a reply that nobody asked for, end the connection",
        arguments: [
            "?\r\n", "+a\r\n+b\r\n", "*99999999\r\n",
        ])
    func protocolFaults(answer: String) throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        bench.send(connection, .make("GET", "a"))
        bench.loop.run()
        try bench.serve(answer)
        #expect(!connection.isReady)
        #expect(bench.results.count == 1)
        #expect(connection.counters.losses == 1)
        connection.close()
    }

    @Test("in-flight commands and the size of one are bounded")
    func bounds() throws {
        let bench = RedisBench()
        let connection = try bench.ready {
            $0.maxInFlight = 3
            $0.maxCommandBytes = 10
        }
        for _ in 0..<4 { bench.send(connection, .make("GET", "a")) }
        #expect(bench.results == ["neverSent"])
        #expect(connection.inFlight == 3)
        bench.send(connection, .make("GET", "12345678"))
        #expect(bench.results == ["neverSent", "neverSent"])
        #expect(connection.counters.refusedHere == 2)
        connection.close()
        #expect(bench.results.count == 5)
    }

    @Test("closing in a completion: the rest of what was read is nobody's")
    func closeInCompletion() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        connection.send(.make("GET", "a")) { _ in connection.close() }
        bench.send(connection, .make("GET", "b"))
        bench.loop.run()
        try bench.serve("+a\r\n+b\r\n")
        #expect(bench.results == ["unknown"])
        bench.loop.advanceTime(by: .seconds(10))
        #expect(bench.channels.count == 1)
    }

    @Test("word from an abandoned channel is ignored")
    func staleChannel() throws {
        let bench = RedisBench()
        bench.lingeringChannels = true
        let connection = try bench.ready()
        bench.channels[0].pipeline.fireChannelInactive()
        bench.loop.advanceTime(by: .milliseconds(60))
        try bench.serve("+PONG\r\n")
        bench.send(connection, .make("GET", "a"))
        bench.loop.run()
        bench.channels[0].pipeline.fireChannelRead(ByteBuffer(string: "+wrong\r\n"))
        bench.channels[0].pipeline.fireErrorCaught(ChannelError.inputClosed)
        #expect(connection.isReady && bench.results.isEmpty)
        try bench.serve("+right\r\n")
        #expect(bench.results == ["right"])
        connection.close()
    }

    @Test("scripts: a load is shared by the calls that miss it, and comes before their repeats")
    func scriptReload() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        let script = RedisScript(name: "s", source: "return 1")
        let call = "EVALSHA \(script.sha1) 1 k"
        for argument in ["x", "y"] {
            connection.run(script, keys: [Array("k".utf8)], arguments: [Array(argument.utf8)]) {
                bench.note($0)
            }
        }
        bench.loop.run()
        #expect(try bench.sent() == ["\(call) x", "\(call) y"])
        try bench.serve("-NOSCRIPT no\r\n-NOSCRIPT no\r\n")
        bench.loop.run()
        #expect(try bench.sent() == ["SCRIPT LOAD return 1", "\(call) x", "\(call) y"])
        try bench.serve("$1\r\nx\r\n+rx\r\n-NOSCRIPT flushed again\r\n")
        #expect(bench.results == ["rx", "refused(code: \"NOSCRIPT\")"])
        #expect(connection.counters.scriptLoads == 1)
        connection.close()
    }

    @Test("a script whose time was up is not run again when NOSCRIPT comes late")
    func lateNoScript() throws {
        let bench = RedisBench()
        let connection = try bench.ready()
        connection.run(RedisScript(name: "s", source: "return 1"), keys: [], arguments: []) { bench.note($0) }
        bench.loop.advanceTime(by: .milliseconds(100))
        _ = try bench.sent()
        try bench.serve("-NOSCRIPT no\r\n")
        bench.loop.run()
        #expect(try bench.sent() == nil)
        #expect(bench.results == ["unknown"])
        connection.close()
    }
}
