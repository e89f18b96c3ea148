import Testing

@testable import HTTPClient

@Suite("Requests over TLS", .timeLimit(.minutes(1)))
struct TLSRequestTests {
    private static func request(
        _ port: Int, _ tls: HTTPClientTLS?, _ version: HTTPClientRequest.Version = .http1
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest.post("https://127.0.0.1:\(port)/grant", "{}")
        (request.tls, request.version) = (tls, version)
        return request
    }

    private static func text(_ outcome: HTTPClientOutcome) -> String {
        outcome.answer.map { "\($0.status) " + String(decoding: $0.body, as: UTF8.self) } ?? "\(outcome)"
    }

    @Test("authorities of a request's own count and no others; HTTP/2 is spoken where wanted")
    func authorities() async throws {
        let game = try TLSGame()
        let (client, modern) = (ClientUnderTest(), ClientUnderTest())
        let own = HTTPClientTLS(authorities: game.file("games.pem"))
        // Each twice, with others in between: neither trust nor version stays from the request before.
        for _ in 0..<2 {
            var outcome = try await client.run(Self.request(game.port, own))
            #expect(Self.text(outcome) == "200 HTTP/1.1 NONE")
            outcome = try await client.run(Self.request(game.port, nil))
            #expect(outcome.neverLeft == .tls, "\(outcome)")
            outcome = try await modern.run(Self.request(game.port, own, .http2Preferred))
            #expect(Self.text(outcome) == "200 HTTP/2.0 NONE")
            let other = HTTPClientTLS(authorities: game.file("players.pem"))
            outcome = try await modern.run(Self.request(game.port, other, .http2Preferred))
            #expect(outcome.neverLeft == .tls, "\(outcome)")
            let missing = HTTPClientTLS(authorities: game.file("missing.pem"))
            outcome = try await client.run(Self.request(game.port, missing))
            #expect(outcome.neverLeft == .tls, "\(outcome)")
        }
        var wrongName = Self.request(game.port, own)
        wrongName.url = "https://localhost:\(game.port)/"
        let outcome = try await client.run(wrongName)
        #expect(outcome.neverLeft == .tls, "\(outcome)")
    }

    @Test(
        "a client's certificate is shown with the requests that bear it and no others",
        arguments: [HTTPClientRequest.Version.http1, .http2Preferred])
    func certificates(version: HTTPClientRequest.Version) async throws {
        let game = try TLSGame()
        let client = ClientUnderTest()
        let bare = HTTPClientTLS(authorities: game.file("games.pem"))
        var player = bare
        (player.certificate, player.key) = (game.file("player.pem"), game.file("player.key"))
        var stranger = bare
        (stranger.certificate, stranger.key) = (game.file("stranger.pem"), game.file("stranger.key"))
        let http = version == .http1 ? "HTTP/1.1" : "HTTP/2.0"
        for _ in 0..<3 {
            var outcome = try await client.run(Self.request(game.closedPort, player, version))
            #expect(Self.text(outcome) == "200 \(http) CN=player")
            outcome = try await client.run(Self.request(game.closedPort, bare, version))
            #expect(outcome.answer?.status == 400, "\(outcome)")
            outcome = try await client.run(Self.request(game.closedPort, stranger, version))
            #expect(outcome.answer?.status == 400, "\(outcome)")
            outcome = try await client.run(Self.request(game.port, player, version))
            #expect(Self.text(outcome) == "200 \(http) SUCCESS")
            outcome = try await client.run(Self.request(game.port, bare, version))
            #expect(Self.text(outcome) == "200 \(http) NONE")
        }
        var mixed = player
        mixed.key = game.file("stranger.key")
        // libcurl tells identities by their certificate: by another client, which has no connection yet.
        let outcome = try await ClientUnderTest().run(Self.request(game.closedPort, mixed, version))
        #expect(outcome.neverLeft == .tls, "\(outcome)")
    }

    @Test(
        "promise 4: over connections that end after every third request each is seen exactly once",
        arguments: [HTTPClientRequest.Version.http1, .http2Preferred])
    func goingAway(version: HTTPClientRequest.Version) async throws {
        let game = try TLSGame()
        let client = ClientUnderTest(HTTPClientOptions(maxConnections: 8, perHost: 8))
        let count = 120
        for number in 0..<count {
            var request = Self.request(game.port, HTTPClientTLS(authorities: game.file("games.pem")), version)
            request.url = "https://127.0.0.1:\(game.port)/\(number)"
            client.submit(request)
        }
        let outcomes = await client.next(count).map(\.outcome)
        let seen = try game.stopAndReadLog()
        #expect(Set(seen).count == seen.count)
        #expect(outcomes.count { $0.answer?.status == 200 } <= seen.count)
        #expect(outcomes.count { $0.answer?.status == 200 } > count / 2)
        #expect(outcomes.allSatisfy { $0.neverLeft == nil })
    }

    @Test("promise 7: addresses are checked for https as well")
    func refused() async throws {
        var options = HTTPClientOptions()
        options.allowsPrivate = false
        let client = ClientUnderTest(options)
        #expect(try await client.run(Self.request(1, nil)).neverLeft == .refused)
    }
}
