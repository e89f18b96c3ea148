import Logging
import NIOCore
import NIOPosix
import Stack
import Synchronization
import Testing

@testable import HTTPServer

/// Writes down what arrives.
private final class Notebook: Sendable {
    private let requests = Mutex<[WireCase.Accepted]>([])

    func note(_ request: HTTPRequest) {
        requests.withLock { $0.append(WireCase.Accepted(request)) }
    }

    func take() -> [WireCase.Accepted] {
        requests.withLock { requests in
            defer { requests = [] }
            return requests
        }
    }
}

private final class NotingService: HTTPService {
    private let notebook: Notebook

    init(_ notebook: Notebook) {
        self.notebook = notebook
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        notebook.note(request)
        responder.respond(.text("ok"))
    }
}

/// What a server has made of a case.
private struct Verdict: Equatable, CustomStringConvertible {
    var accepted: [WireCase.Accepted]
    var isRefused: Bool

    var description: String { "\(accepted)\(isRefused ? " refused" : "")" }
}

/// Our server and nginx, side by side.
private struct House: ~Copyable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let notebook = Notebook()
    let server: HTTPServer
    let port: Int

    init() async throws {
        let notebook = notebook
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        server = HTTPServer(options: HTTPServerOptions(port: 0), logger: quiet) { _, _ in
            NotingService(notebook)
        }
        port = try await server.start(on: group)
    }

    /// Says the bytes, shuts its side, and hears everything until the other has closed.
    func said(_ bytes: [UInt8], to port: Int) async throws -> [UInt8] {
        let client = try await TestClient.connect(port: port, on: group)
        // Who has been refused may find the connection gone.
        try? await client.send(bytes)
        try? await client.endInput()
        let answer = try await client.restBytes()
        await client.close()
        return answer
    }

    func ours(_ one: WireCase) async throws -> (Verdict, statuses: [Int]) {
        let answer = try await said(one.bytes, to: port)
        let accepted = notebook.take()
        let heads = accepted.indices.filter { accepted[$0].method == "HEAD" }
        let statuses = try SeenResponse.all(answer, heads: Set(heads)).map(\.status).filter { $0 >= 200 }
        return (Verdict(accepted: accepted, isRefused: statuses.contains { $0 >= 400 }), statuses)
    }

    /// - Parameter nginx: its port.
    func theirs(_ one: WireCase, nginx: Int) async throws -> Verdict {
        let answer = String(decoding: try await said(one.bytes, to: nginx), as: UTF8.self)
        var verdict = Verdict(accepted: notebook.take(), isRefused: false)
        // No body holds a status line: nginx's own are pages, the upstream's are "ok" and JSON.
        for response in answer.split(separator: "HTTP/1.1 ").map({ $0.lowercased() })
        where response.hasPrefix("4") || response.hasPrefix("5") {
            if response.contains("\r\nx-upstream:") {
                // Accepted by nginx, refused by ours behind it.
                verdict.accepted.append(WireCase.Accepted(method: "?", target: "?", body: []))
            } else {
                verdict.isRefused = true
            }
        }
        return verdict
    }

    consuming func end() async throws {
        await server.drain(deadline: .milliseconds(1))
        try await group.shutdownGracefully()
    }
}

extension WireCase.Accepted {
    /// nginx tells an upstream path and query of an absolute target.
    fileprivate var inOriginForm: WireCase.Accepted {
        guard let scheme = target.firstRange(of: "://"), !target.hasPrefix("/") else { return self }
        let rest = target[scheme.upperBound...]
        var one = self
        one.target = String(rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/")
        if one.target.hasPrefix("?") { one.target = "/" + one.target }
        return one
    }
}

@Suite("Cases over sockets")
struct DifferentialTests {
    @Test("our server does with every case what the case says")
    func server() async throws {
        let house = try await House()
        for one in WireCase.all {
            let (verdict, statuses) = try await house.ours(one)
            #expect(verdict.accepted == one.accepted, "\(one.testDescription)")
            var expected = one.accepted.map { _ in 200 }
            if case .refused(let status, _) = one.ending { expected.append(status) }
            #expect(statuses == expected, "\(one.testDescription)")
        }
        try await house.end()
    }

    @Test("nginx accepts and refuses what we do, but for the cases that say why not")
    func nginx() async throws {
        let run = try RunDirectory.claimUnique(prefix: "http-cases")
        let house = try await House()
        do {
            let nginx = try NginxServer(upstream: house.port, in: run)
            for one in WireCase.all {
                var (ours, _) = try await house.ours(one)
                let theirs = try await house.theirs(one, nginx: nginx.port)
                ours.accepted = ours.accepted.map(\.inOriginForm)
                if ours != theirs, one.why == nil {
                    Issue.record("\(one.testDescription)\nours: \(ours)\nnginx: \(theirs)")
                }
            }
        }
        try await house.end()
        run.release()
    }
}
