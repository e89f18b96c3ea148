import Glibc
import Testing

@testable import HTTPClient

@Suite("HTTP client", .timeLimit(.minutes(1)))
struct HTTPClientTests {
    @Test("a request arrives as it was given, and its answer comes back; connections are used again")
    func exchange() async throws {
        let heads = AsyncStream.makeStream(of: String.self)
        let server = RawServer { connection in
            while let request = connection.readRequest() {
                heads.continuation.yield(request.head)
                connection.answer(201, headers: ["X-Other: 1"], "{\"granted\":true}")
            }
        }
        let client = ClientUnderTest()
        for round in 0..<3 {
            let outcome = try await client.run(.post("\(server.url)/grant?x=1", "{\"order\":\(round)}"))
            #expect(
                outcome
                    == .answered(
                        HTTPClientResponse(
                            status: 201, retryAfterS: nil, body: Array("{\"granted\":true}".utf8),
                            isTruncated: false)))
        }
        let empty = try await client.run(.post("\(server.url)/empty", ""))
        #expect(empty.answer?.status == 201)
        let got = try await client.run(.get("\(server.url)/query"))
        #expect(got.answer?.status == 201)
        #expect(
            await server.requests(5) == [
                "POST /grant?x=1 {\"order\":0}", "POST /grant?x=1 {\"order\":1}",
                "POST /grant?x=1 {\"order\":2}", "POST /empty ", "GET /query ",
            ])
        var iterator = heads.stream.makeAsyncIterator()
        let head = try #require(await iterator.next()).lowercased()
        #expect(head.contains("\r\ncontent-type: application/json"))
        #expect(head.contains("\r\nhost: 127.0.0.1:\(server.port)"))
        #expect(head.contains("\r\nuser-agent: hongbao"))
        #expect(!head.contains("expect:"))
        #expect(server.acceptedCount == 1)
    }

    @Test("Retry-After of 429 and 503 comes back in seconds, redirects are answers and not followed")
    func statuses() async throws {
        let server = RawServer { connection in
            while let request = connection.readRequest() {
                switch request.body {
                case "429": connection.answer(429, headers: ["Retry-After: 7"])
                case "503":
                    connection.answer(503, headers: ["retry-after:   Fri, 31 Dec 2999 23:59:59 GMT"], "x")
                case "302": connection.answer(302, headers: ["Location: /elsewhere"])
                default: connection.answer(500)
                }
            }
        }
        let client = ClientUnderTest()
        let throttled = try await client.run(.post(server.url, "429")).answer
        #expect(throttled?.status == 429 && throttled?.retryAfterS == 7)
        let unavailable = try await client.run(.post(server.url, "503")).answer
        #expect(unavailable?.status == 503 && unavailable?.retryAfterS == RetryAfter.maxSeconds)
        let redirect = try await client.run(.post(server.url, "302")).answer
        #expect(redirect?.status == 302 && redirect?.retryAfterS == nil)
        let failed = try await client.run(.post(server.url, "500")).answer
        #expect(failed?.status == 500 && failed?.retryAfterS == nil)
        #expect(await server.requests(4) == ["POST / 429", "POST / 503", "POST / 302", "POST / 500"])
    }

    @Test("promise 4: a time-out after sending is mayHaveLeft, and the request is not sent again")
    func timeout() async throws {
        let gate = Gate()
        let server = RawServer.hung(until: gate)
        let client = ClientUnderTest()
        let outcome = try await client.run(.post(server.url, "1", timeoutMs: 400))
        #expect(outcome.mayHaveLeft == .timedOut)
        gate.open()
        #expect(try await client.run(.post(server.url, "2")).answer?.status == 200)
        #expect(await server.requests(2).sorted() == ["POST / 1", "POST / 2"])
    }

    @Test("a refused connection is neverLeft")
    func refused() async throws {
        let (descriptor, port) = RawServer.listening(backlog: 1)
        close(descriptor)
        let client = ClientUnderTest()
        #expect(try await client.run(.get("http://127.0.0.1:\(port)/")).neverLeft == .unreachable)
    }

    @Test("a connection that never comes about is neverLeft")
    func connectTimeout() async throws {
        // A backlog of one that is full: the kernel then leaves every SYN unanswered.
        let (listener, port) = RawServer.listening(backlog: 0)
        let fillers = (0..<4).map { _ in fillBacklog(port: port) }
        defer {
            for descriptor in fillers + [listener] { close(descriptor) }
        }
        let client = ClientUnderTest()
        let outcome = try await client.run(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)/", connectTimeoutMs: 100, token: 0))
        #expect(outcome.neverLeft == .timedOut)
    }

    @Test("what cannot be sent is neverLeft, invalid; a name without address unresolved")
    func invalid() async throws {
        let client = ClientUnderTest()
        let server = RawServer.echo()
        for url in ["ftp://127.0.0.1/", "file:///etc/passwd", "http://[nonsense/", "nonsense://x", ""] {
            #expect(try await client.run(.get(url)).neverLeft == .invalid, "\(url)")
        }
        #expect(try await client.run(.get("http://name.invalid/")).neverLeft == .unresolved)
        var smuggling = HTTPClientRequest.get(server.url)
        smuggling.headers = ["a: b\r\nc: d"]
        #expect(try await client.run(smuggling).neverLeft == .invalid)
        var large = HTTPClientRequest.post(server.url, "")
        large.body = Array(repeating: 0, count: HTTPClientRequest.maxBodyBytes + 1)
        #expect(try await client.run(large).neverLeft == .invalid)
        large.body.removeLast()
        #expect(try await client.run(large).answer?.status == 200)
    }

    @Test("an answer is bounded: its body is cut, endless headers end it, what is not HTTP is malformed")
    func bounds() async throws {
        let server = RawServer { connection in
            while let request = connection.readRequest() {
                switch request.body {
                case "some": connection.answer(200, String(repeating: "s", count: 30_000))
                case "much": connection.answer(200, String(repeating: "m", count: 4_000_000))
                case "headers":
                    let line = "X-Line: " + String(repeating: "h", count: 1000) + "\r\n"
                    connection.write("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 100) + "\r\n")
                default:
                    connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
                    return
                }
            }
        }
        let client = ClientUnderTest()
        var request = HTTPClientRequest.post(server.url, "some")
        request.maxResponseBytes = 1000
        let some = try await client.run(request).answer
        #expect(some?.body == Array(repeating: UInt8(ascii: "s"), count: 1000) && some?.isTruncated == true)
        request.body = Array("much".utf8)
        let much = try await client.run(request).answer
        #expect(much?.status == 200 && much?.body.count == 1000 && much?.isTruncated == true)
        #expect(try await client.run(.post(server.url, "headers")).mayHaveLeft == .malformed)
        #expect(try await client.run(.post(server.url, "else")).mayHaveLeft == .malformed)
        request.maxResponseBytes = 30_000
        request.body = Array("some".utf8)
        let whole = try await client.run(request).answer
        #expect(whole?.body.count == 30_000 && whole?.isTruncated == false)
    }
}

/// A connection that lies in a listener's queue and is never accepted.
private func fillBacklog(port: Int) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            _ = connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return descriptor
}
