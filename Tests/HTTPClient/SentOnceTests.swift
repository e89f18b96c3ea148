import Testing

@testable import HTTPClient

/// libcurl sends a request again by itself when the connection it reused turns out dead; these tests see
/// that it does not, from the server's side.
@Suite("Sent at most once", .timeLimit(.minutes(1)))
struct SentOnceTests {
    enum End: CaseIterable, Sendable { case close, reset, halfAnswer }

    /// Answers the first request of each connection and drops the connection on reading the second.
    static func server(_ end: End) -> RawServer {
        RawServer { connection in
            guard let first = connection.readRequest() else { return }
            connection.answer(200, first.body)
            guard connection.readRequest() != nil else { return }
            switch end {
            case .close: return
            case .reset: connection.reset()
            case .halfAnswer: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            }
        }
    }

    @Test(
        "promise 4: granted and dropped on a reused connection is mayHaveLeft and seen exactly once",
        arguments: End.allCases, Path.allCases)
    func reusedConnection(end: End, path: Path) async throws {
        for method in [HTTPClientRequest.Method.get, .post] {
            try await reusedConnection(end, path, method)
        }
    }

    func reusedConnection(_ end: End, _ path: Path, _ method: HTTPClientRequest.Method) async throws {
        let server = Self.server(end)
        let client = ClientUnderTest(path.options)
        func request(_ path: String) -> HTTPClientRequest {
            var request = HTTPClientRequest.post("\(server.url)/\(path)", "{}")
            request.method = method
            return request
        }
        #expect(try await client.run(request("first")).answer?.status == 200)
        #expect(try await client.run(request("second")).mayHaveLeft == .broken)
        // A new connection; whatever had been sent again would have come before it.
        #expect(try await client.run(request("third")).answer?.status == 200)
        let paths = await server.requests(3).map { $0.split(separator: " ")[1] }
        #expect(paths == ["/first", "/second", "/third"])
    }

    @Test(
        "promise 4: with other idle connections at hand a dropped request is not sent on those either",
        arguments: Path.allCases)
    func otherIdleConnections(path: Path) async throws {
        let gate = Gate()
        let server = RawServer { connection in
            while let request = connection.readRequest(), !request.head.contains("/drop") {
                gate.wait()
                connection.answer(200, request.body)
            }
        }
        let client = ClientUnderTest(path.options)
        for token in 0..<4 { client.submit(.post("\(server.url)/warm", "\(token)")) }
        #expect(await server.requests(4).count == 4)
        gate.open()
        #expect(await client.next(4).allSatisfy { $0.outcome.answer?.status == 200 })
        for number in 0..<4 {
            #expect(try await client.run(.post("\(server.url)/drop", "\(number)")).mayHaveLeft == .broken)
        }
        #expect(try await client.run(.post("\(server.url)/last", "")).answer?.status == 200)
        #expect(
            await server.requests(5) == (0..<4).map { "POST /drop \($0)" } + ["POST /last "])
    }

    @Test(
        "promise 4: granted and dropped on a fresh connection is mayHaveLeft and seen exactly once",
        arguments: Path.allCases)
    func freshConnection(path: Path) async throws {
        let server = RawServer { connection in _ = connection.readRequest() }
        let client = ClientUnderTest(path.options)
        #expect(try await client.run(.post(server.url, "1")).mayHaveLeft == .broken)
        #expect(try await client.run(.post(server.url, "2")).mayHaveLeft == .broken)
        #expect(await server.requests(2) == ["POST / 1", "POST / 2"])
    }

    @Test(
        "a connection that the server closed while idle is replaced, and the request goes out once",
        arguments: Path.allCases)
    func closedWhileIdle(path: Path) async throws {
        let server = RawServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.answer(200, request.body)
        }
        let client = ClientUnderTest(path.options)
        for round in 0..<3 {
            #expect(try await client.run(.post(server.url, "\(round)")).answer?.status == 200)
            for await event in server.events where event == .closed { break }
        }
    }
}
