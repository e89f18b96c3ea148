import Testing

@testable import HTTPClient

/// Servers that break the rules, on both paths.
@Suite("Hostile servers", .timeLimit(.minutes(1)))
struct HostileServerTests {
    @Test(
        "an answer that drips byte by byte is an answer, with interim ones before it",
        arguments: Path.allCases)
    func drip(path: Path) async throws {
        let server = RawServer { connection in
            guard connection.readRequest() != nil else { return }
            let text =
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
            for byte in text.utf8 { connection.write([byte]) }
            _ = connection.readRequest()
        }
        let client = ClientUnderTest(path.options)
        let answer = try await client.run(.post(server.url, "x")).answer
        #expect(answer?.status == 200 && answer?.body == Array("abcde".utf8))
    }

    @Test(
        "an answer that ends in the middle is mayHaveLeft, broken",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ], Path.allCases)
    func half(text: String, path: Path) async throws {
        for isReset in [false, true] {
            let server = RawServer { connection in
                guard connection.readRequest() != nil else { return }
                connection.write(text)
                if isReset { connection.reset() }
            }
            let client = ClientUnderTest(path.options)
            let outcome = try await client.run(.post(server.url, "x"))
            #expect(outcome.mayHaveLeft == .broken, "\(outcome)")
            #expect(await server.requests(1) == ["POST / x"])
        }
    }

    @Test("of two answers to one request the first counts, and the connection is not used again")
    func twoAnswers() async throws {
        let server = RawServer { connection in
            while connection.readRequest() != nil {
                let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                connection.write(text + "first" + text + "other")
            }
        }
        let client = ClientUnderTest()
        for _ in 0..<3 {
            #expect(try await client.run(.post(server.url, "")).answer?.body == Array("first".utf8))
        }
        #expect(server.acceptedCount == 3)
    }

    @Test("bytes that come after an answer end the connection, and are nobody's answer")
    func lateBytes() async throws {
        let gate = Gate()
        let server = RawServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.answer(200, request.body)
            if request.body == "first" {
                gate.wait()
                connection.answer(200, "forged")
            }
            _ = connection.readRequest()
        }
        let client = ClientUnderTest()
        #expect(try await client.run(.post(server.url, "first")).answer?.body == Array("first".utf8))
        gate.open()
        // The client closes it, which its server sees.
        for await event in server.events where event == .closed { break }
        #expect(try await client.run(.post(server.url, "second")).answer?.body == Array("second".utf8))
    }

    @Test("connections are kept or not as the answer says", arguments: Path.allCases)
    func keeping(path: Path) async throws {
        let server = RawServer { connection in
            while let request = connection.readRequest() {
                connection.answer(200, headers: ["Connection: \(request.body)"], "")
                if request.body == "close" { return }
            }
        }
        let client = ClientUnderTest(path.options)
        for body in ["keep-alive", "x, Keep-Alive", "close", "keep-alive", "keep-alive"] {
            #expect(try await client.run(.post(server.url, body)).answer?.status == 200)
        }
        #expect(server.acceptedCount == 2)
    }

    @Test("an answer to a request that is still being written is an answer", arguments: Path.allCases)
    func early(path: Path) async throws {
        let server = RawServer { connection in
            // The head alone, then no more reading.
            _ = connection.readSome()
            connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            _ = connection.readRequest()
        }
        let client = ClientUnderTest(path.options)
        let body = String(repeating: "b", count: HTTPClientRequest.maxBodyBytes)
        #expect(try await client.run(.post(server.url, body)).answer?.status == 413)
    }
}

/// The plain path and libcurl, told the same.
@Suite("Two readings of one answer", .timeLimit(.minutes(2)))
struct PathComparisonTests {
    /// Serves the texts by number and ends the connection after each.
    private static func server(_ texts: [[UInt8]]) -> RawServer {
        RawServer { connection in
            guard let request = connection.readRequest() else { return }
            guard let number = Int(request.head.split(separator: " ")[1].dropFirst()) else { return }
            connection.write(texts[number])
            connection.endOutput()
            _ = connection.readRequest()
        }
    }

    @Test("both send the same head")
    func heads() async throws {
        for (method, headers) in [
            (HTTPClientRequest.Method.post, ["content-type: application/json", "webhook-id: 1"]), (.get, []),
            (.get, ["accept: text/plain", "USER-AGENT: other", "Host: elsewhere:1"]), (.post, []),
        ] {
            var seen: [String] = []
            for path in Path.allCases {
                let heads = AsyncStream.makeStream(of: String.self)
                let server = RawServer { connection in
                    while let request = connection.readRequest() {
                        heads.continuation.yield(request.head)
                        connection.answer(200)
                    }
                }
                var request = HTTPClientRequest.post("\(server.url)/a/b?c=d&e=%20", "{}")
                (request.method, request.headers) = (method, headers)
                request.headerBytes = Array("x-one: 1\r\nx-two: 2\r\n".utf8)
                #expect(try await ClientUnderTest(path.options).run(request).answer?.status == 200)
                var iterator = heads.stream.makeAsyncIterator()
                let head = await iterator.next() ?? ""
                seen.append(head.replacing(":\(server.port)", with: ":port"))
            }
            #expect(seen.count == 2 && seen[0] == seen[1] && seen[0].contains("\r\nx-two: 2"), "\(seen)")
        }
    }

    @Test("what both call an answer is the same answer, and the plain path calls no more an answer than curl")
    func readings() async throws {
        var generator = SeededGenerator(seed: 7)
        var texts = (AnswerTexts.good + AnswerTexts.bad).map { Array($0.utf8) }
        for round in 0..<400 {
            let text = AnswerTexts.good[round % AnswerTexts.good.count]
            texts.append(AnswerTexts.mutated(text, by: &generator))
        }
        let server = Self.server(texts)
        var outcomes: [[HTTPClientOutcome]] = []
        for path in Path.allCases {
            var ofPath: [HTTPClientOutcome] = []
            for number in texts.indices {
                // Each with a connection of its own, or one that is about to end might be used again.
                let client = ClientUnderTest(path.options)
                ofPath.append(try await client.run(.post("\(server.url)/\(number)", "")))
            }
            outcomes.append(ofPath)
        }
        var both = 0
        for number in texts.indices {
            let (plain, curl) = (outcomes[0][number], outcomes[1][number])
            guard let answer = plain.answer else {
                if case .neverLeft = plain { Issue.record("\(number): \(plain)") }
                #expect(number >= AnswerTexts.good.count)
                continue
            }
            both += 1
            let text = String(decoding: texts[number], as: UTF8.self).debugDescription
            #expect(curl.answer == answer, "\(number): \(text)\nplain \(plain)\ncurl \(curl)")
        }
        #expect(both > 100)
    }
}
