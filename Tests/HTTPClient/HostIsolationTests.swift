import Testing

@testable import HTTPClient

@Suite("Hosts and closing", .timeLimit(.minutes(1)))
struct HostIsolationTests {
    static func options(_ maxConnections: Int, perHost: Int) -> HTTPClientOptions {
        HTTPClientOptions(maxConnections: maxConnections, perHost: perHost, name: "test")
    }

    @Test("promise 7: a hung host has at most its own connections, and another is served all the while")
    func hungHost() async throws {
        let gate = Gate()
        let hung = RawServer.hung(until: gate)
        let healthy = RawServer.echo()
        let client = ClientUnderTest(Self.options(8, perHost: 4))
        client.client.submit((0..<20).map { .get("\(hung.url)/\($0)", token: UInt64(1000 + $0)) })
        #expect(await hung.requests(4).count == 4)
        client.client.submit((0..<200).map { .post(healthy.url, "\($0)", token: UInt64($0)) })
        let served = await client.next(200)
        #expect(Set(served.map(\.token)) == Set(0..<200))
        #expect(served.allSatisfy { $0.outcome.answer?.status == 200 })
        client.client.close(deadlineMs: 0)
        let rest = await client.next(20)
        let unknown = rest.filter { $0.outcome.mayHaveLeft == .closed }
        #expect(unknown.map(\.token).sorted() == [1000, 1001, 1002, 1003])
        #expect(rest.count { $0.outcome.neverLeft == .closed } == 16)
        gate.open()
    }

    @Test("what finds no free connection in time is neverLeft")
    func waitsTooLong() async throws {
        let gate = Gate()
        let hung = RawServer.hung(until: gate)
        let client = ClientUnderTest(Self.options(4, perHost: 1))
        client.submit(.get("\(hung.url)/first", token: 1))
        #expect(await hung.requests(1) == ["GET /first "])
        client.submit(HTTPClientRequest(url: "\(hung.url)/second", connectTimeoutMs: 50, token: 2))
        let late = try #require(await client.next(1).first)
        #expect(late.token == 2 && late.outcome.neverLeft == .timedOut)
        gate.open()
        #expect(try await client.next().answer?.status == 200)
    }

    @Test("more than the client holds is neverLeft, overloaded, and room comes back")
    func overloaded() async throws {
        let gate = Gate()
        let hung = RawServer.hung(until: gate)
        var options = Self.options(4, perHost: 4)
        options.maxOutstanding = 2
        let client = ClientUnderTest(options)
        client.client.submit((0..<5).map { .get("\(hung.url)/\($0)", token: UInt64($0)) })
        let refused = await client.next(3)
        #expect(refused.map(\.token) == [2, 3, 4])
        #expect(refused.allSatisfy { $0.outcome.neverLeft == .overloaded })
        gate.open()
        #expect(await client.next(2).allSatisfy { $0.outcome.answer?.status == 200 })
        #expect(try await client.run(.get(hung.url)).answer?.status == 200)
    }

    @Test("closing lets what is under way finish, takes nothing new, and may be called again")
    func close() async throws {
        let gate = Gate()
        let hung = RawServer.hung(until: gate)
        let client = ClientUnderTest(Self.options(4, perHost: 1))
        client.submit(.post(hung.url, "1"), .post(hung.url, "2"))
        #expect(await hung.requests(1) == ["POST / 1"])
        client.client.mailbox.requestClose(atNs: monotonicNs() + 60_000_000_000)
        client.submit(.post(hung.url, "late", token: 9))
        let late = try #require(await client.next(1).first)
        #expect(late.token == 9 && late.outcome.neverLeft == .closed)
        gate.open()
        client.client.close(deadlineMs: 60_000)
        client.client.close(deadlineMs: 0)
        #expect(await client.next(2).allSatisfy { $0.outcome.answer?.status == 200 })
        #expect(await hung.requests(1) == ["POST / 2"])
    }

    @Test("an answer that came in time is an answer, even if the client was stalled past the deadline")
    func stalled() async throws {
        let (answerFirst, answerSecond, resume) = (Gate(), Gate(), Gate())
        let isStalled = AsyncStream.makeStream(of: Void.self)
        let server = RawServer { connection in
            guard let request = connection.readRequest() else { return }
            (request.body == "first" ? answerFirst : answerSecond).wait()
            connection.answer(200, request.body)
            _ = connection.readRequest()
        }
        let client = ClientUnderTest { batch in
            guard batch.contains(where: { $0.token == 1 }) else { return }
            isStalled.continuation.yield(())
            resume.wait()
        }
        // Long enough for a slow machine to have both requests out and the first answer in.
        let timeoutMs = 5_000
        client.submit(
            .post(server.url, "first", token: 1),
            .post(server.url, "second", timeoutMs: timeoutMs, token: 2))
        #expect(await server.requests(2).count == 2)
        let silent = RawServer { connection in
            while connection.readRequest() != nil {}
        }
        let late = ClientUnderTest()
        late.submit(.post(silent.url, "silence", timeoutMs: timeoutMs, token: 3))
        answerFirst.open()
        for await _ in isStalled.stream { break }
        answerSecond.open()
        // Another client's request of the same length, begun later: when it is late, so is the second one.
        #expect(await late.next(1).first?.token == 3)
        resume.open()
        let outcomes = await client.next(2)
        #expect(outcomes.map(\.token) == [1, 2])
        #expect(outcomes.allSatisfy { $0.outcome.answer?.status == 200 })
    }
}
