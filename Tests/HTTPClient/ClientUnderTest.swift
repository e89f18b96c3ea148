import Testing

@testable import HTTPClient

/// The two ways that plain http can take.
enum Path: CaseIterable, Sendable {
    case plain, curl

    var options: HTTPClientOptions {
        var options = HTTPClientOptions()
        options.isPlainPathOff = self == .curl
        return options
    }
}

/// A client whose completions a test can wait for; closed at once when the test drops it.
final class ClientUnderTest: Sendable {
    let client: HTTPClient
    private let completions: AsyncStream<HTTPClientCompletion>

    init(
        _ options: HTTPClientOptions = .init(),
        onBatch: (@Sendable ([HTTPClientCompletion]) -> Void)? = nil
    ) {
        let (stream, continuation) = AsyncStream.makeStream(of: HTTPClientCompletion.self)
        completions = stream
        client = HTTPClient(options: options) { batch in
            for completion in batch { continuation.yield(completion) }
            onBatch?(batch)
        }
    }

    deinit { client.close(deadlineMs: 0) }

    func submit(_ requests: HTTPClientRequest...) { client.submit(requests) }

    /// The next completions, as many as asked for.
    func next(_ count: Int) async -> [HTTPClientCompletion] {
        var taken: [HTTPClientCompletion] = []
        for await completion in completions {
            taken.append(completion)
            if taken.count == count { break }
        }
        return taken
    }

    func next() async throws -> HTTPClientOutcome {
        try #require(await next(1).first).outcome
    }

    /// Submits one request and waits for what becomes of it.
    func run(_ request: HTTPClientRequest) async throws -> HTTPClientOutcome {
        submit(request)
        return try await next()
    }
}

extension HTTPClientOutcome {
    var answer: HTTPClientResponse? {
        if case .answered(let response) = self { response } else { nil }
    }

    /// The kind of a request that is known not to have left.
    var neverLeft: HTTPClientFailure.Kind? {
        if case .neverLeft(let failure) = self { failure.kind } else { nil }
    }

    /// The kind of a request that nobody knows about.
    var mayHaveLeft: HTTPClientFailure.Kind? {
        if case .mayHaveLeft(let failure) = self { failure.kind } else { nil }
    }
}

extension HTTPClientRequest {
    static func get(_ url: String, timeoutMs: Int = 20_000, token: UInt64 = 0) -> HTTPClientRequest {
        HTTPClientRequest(url: url, timeoutMs: timeoutMs, connectTimeoutMs: 20_000, token: token)
    }

    static func post(
        _ url: String, _ body: String, timeoutMs: Int = 20_000, token: UInt64 = 0
    ) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .post, url: url, headers: ["content-type: application/json"], body: Array(body.utf8),
            timeoutMs: timeoutMs, connectTimeoutMs: 20_000, token: token)
    }
}

extension RawServer {
    /// The requests among the next events, as many as asked for.
    func requests(_ count: Int) async -> [String] {
        var taken: [String] = []
        guard count > 0 else { return taken }
        for await event in events {
            guard case .request(let text) = event else { continue }
            taken.append(text)
            if taken.count == count { break }
        }
        return taken
    }

    /// Answers everything with 200 and the request's own body.
    static func echo() -> RawServer {
        RawServer { connection in
            while let request = connection.readRequest() { connection.answer(200, request.body) }
        }
    }

    /// Reads everything and answers nothing until the gate opens.
    static func hung(until gate: Gate) -> RawServer {
        RawServer { connection in
            while let request = connection.readRequest() {
                gate.wait()
                connection.answer(200, request.body)
            }
        }
    }
}
