import Testing

@testable import HTTPClient

@Suite("Host queues")
struct HostQueuesTests {
    static func request(_ host: String, _ token: UInt64) -> HTTPClientRequest {
        HTTPClientRequest(url: "http://\(host)/path", token: token)
    }

    @Test("hosts take turns, each up to its cap, all up to the total")
    func turns() {
        let queues = HostQueues(perHost: 2, maxTransfers: 5)
        for token in 0..<4 as Range<UInt64> { queues.add(Self.request("a", token), untilNs: 100) }
        for token in 10..<13 as Range<UInt64> { queues.add(Self.request("b", token), untilNs: 100) }
        queues.add(Self.request("c", 20), untilNs: 100)
        queues.add(Self.request("c", 21), untilNs: 100)
        var started: [UInt64] = []
        var hosts: [UInt64: HostQueue] = [:]
        while let (request, host) = queues.next() {
            started.append(request.token)
            hosts[request.token] = host
        }
        #expect(started == [0, 10, 20, 1, 11])
        #expect((queues.live, queues.waitingCount) == (5, 4))
        queues.finished(hosts[0]!)
        #expect(queues.next()?.request.token == 21)
        #expect(queues.next() == nil)
        queues.finished(hosts[1]!)
        #expect(queues.next()?.request.token == 2)
    }

    @Test("what waited too long comes out, the rest stays in order")
    func expiry() {
        let queues = HostQueues(perHost: 1, maxTransfers: 9)
        for (token, untilNs) in [(0, 50), (1, 60), (2, 70)] as [(UInt64, UInt64)] {
            queues.add(Self.request("a", token), untilNs: untilNs)
        }
        queues.add(Self.request("b", 3), untilNs: 55)
        #expect(queues.next()?.request.token == 0)
        #expect(queues.nextExpiryNs == 55)
        #expect(queues.expired(nowNs: 54).isEmpty)
        #expect(Set(queues.expired(nowNs: 60).map(\.token)) == [1, 3])
        #expect(queues.nextExpiryNs == 70)
        #expect(queues.removeAllWaiting().map(\.token) == [2])
        #expect(queues.nextExpiryNs == nil && queues.waitingCount == 0 && queues.live == 1)
        // A host whose queue ran empty while it was in turn is passed over.
        #expect(queues.next() == nil)
    }

    @Test("a host is scheme, name and port as written")
    func hostKeys() {
        #expect(HostQueues.hostKey("http://a:80/x/y?z#f") == "http://a:80")
        #expect(HostQueues.hostKey("http://a?x") == "http://a")
        #expect(HostQueues.hostKey("https://[::1]:8080") == "https://[::1]:8080")
        #expect(HostQueues.hostKey("nothing") == "nothing")
        #expect(HostQueues.hostKey("") == "")
        #expect(HostQueues.hostKey("http:") == "http:")
    }

    @Test("hosts come and go without end; idle ones are forgotten, busy ones are not")
    func manyHosts() {
        let queues = HostQueues(perHost: 1, maxTransfers: 9)
        queues.add(Self.request("busy", 1), untilNs: 100)
        queues.add(Self.request("busy", 2), untilNs: 100)
        let busy = queues.next()?.host
        for number in 0..<2000 {
            queues.add(Self.request("host\(number)", 5), untilNs: 100)
            let host = queues.next()?.host
            #expect(host != nil && host !== busy)
            if let host { queues.finished(host) }
        }
        if let busy { queues.finished(busy) }
        #expect(queues.next()?.request.token == 2)
    }

    @Test("FIFO keeps its order through growth and emptying")
    func fifo() {
        var queue = FIFO<Int>()
        var (next, expected) = (0, 0)
        for round in 1...60 {
            for _ in 0..<(round * 37 % 101) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round * 53 % 97) {
                guard let element = queue.popFirst() else { break }
                #expect(element == expected)
                expected += 1
            }
            #expect(queue.count == next - expected)
        }
    }
}

@Suite("Retry-After")
struct RetryAfterTests {
    @Test(
        "seconds and dates",
        arguments: [
            ("0", 0), ("120", 120), (" 7 ", 7), ("99999999999999999999", RetryAfter.maxSeconds),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 100), ("Sunday, 06-Nov-94 08:49:37 GMT", 100),
            ("Sun Nov  6 08:49:37 1994", 100), ("Sun, 06 Nov 1994 08:40:00 GMT", 0),
        ] as [(String, Int64)])
    func valid(value: String, seconds: Int64) {
        #expect(RetryAfter.seconds(value, nowS: 784_111_777 - 100) == seconds)
    }

    @Test("anything else is nothing", arguments: ["", " ", "soon", "-5", "1.5", "12s", "Sun,"])
    func invalid(value: String) {
        #expect(RetryAfter.seconds(value, nowS: 0) == nil)
    }
}
