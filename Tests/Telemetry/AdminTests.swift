import HTTPServer
import Logging
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import ServiceShell

@Suite("Admin port")
struct AdminTests {
    private let routes = AdminRoutes()
    private let readiness = Readiness()
    private let registry = PrometheusRegistry()

    private func ask(
        _ method: HTTPRequest.Method, _ target: String, _ headers: [(String, String)] = [], body: String = ""
    ) async -> HTTPResponse {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = AdminService(routes: routes, readiness: readiness, registry: registry, logger: quiet)
        let loop = NIOAsyncTestingEventLoop()
        let (answers, continuation) = AsyncStream.makeStream(of: HTTPResponse.self)
        let responder = HTTPResponder(loop: loop) { continuation.yield($0) }
        service.handle(
            HTTPRequest(method: method, target: target, headers: headers, body: ByteBuffer(string: body)),
            responder)
        var seen = answers.makeAsyncIterator()
        async let answer = seen.next()
        // The responder hops to its loop, which moves only when it is told to.
        let running = Task {
            while !Task.isCancelled {
                await loop.run()
                await Task.yield()
            }
        }
        let response = await answer!
        running.cancel()
        return response
    }

    private func text(_ response: HTTPResponse) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    @Test("liveness, metrics, and nothing else that is not a route")
    func builtIn() async {
        registry.observe("a") { 1 }
        #expect(await ask(.get, "/livez").status == 200)
        let metrics = await ask(.get, "/metrics")
        #expect(metrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text(metrics) == "# TYPE a gauge\na 1\n")
        #expect(await ask(.post, "/metrics").status == 405)
        #expect(await ask(.get, "/").status == 404)
    }

    @Test("ready when every check is, and never while draining")
    func ready() async {
        #expect(await ask(.get, "/readyz").status == 200)
        let redis = readiness.check("redis")
        let kafka = readiness.check("kafka")
        redis.set(true)
        let waiting = await ask(.get, "/readyz")
        #expect(waiting.status == 503)
        #expect(
            text(waiting)
                == #"{"ready":false,"draining":false,"checks":["#
                + #"{"name":"kafka","ready":false,"detail":"starting"},"#
                + #"{"name":"redis","ready":true,"detail":""}]}"#
        )
        kafka.set(true, "3 brokers")
        #expect(await ask(.get, "/readyz").status == 200)
        readiness.drain()
        #expect(await ask(.get, "/readyz").status == 503)
    }

    @Test(
        "promise 10: an action needs a key and knows its holder; without one even unknown actions are 401"
    )
    func keys() async {
        routes.add(.post, "/v1/admin/games/{game}/pause") { call in
            .text("\(call.caller) pauses \(call["game"]) \(String(decoding: call.body, as: UTF8.self))")
        }
        let path = "/v1/admin/games/dragon/pause"
        let good = [("authorization", "Bearer right")]
        #expect(await ask(.post, path, good).status == 401)
        routes.access = .apiKey { $0 == "right" ? "ann" : nil }
        #expect(await ask(.post, path).status == 401)
        #expect(await ask(.post, path, [("x-api-key", "wrong")]).status == 401)
        #expect(await ask(.post, "/v1/admin/other").status == 401)
        #expect(text(await ask(.post, path, good, body: "now")) == "ann pauses dragon now")
        #expect(text(await ask(.post, path, [("X-Api-Key", "right")])) == "ann pauses dragon ")
        #expect(await ask(.get, path, good).status == 405)
        #expect(await ask(.post, "/v1/admin/other", good).status == 404)
    }

    @Test("a thrown problem is the answer; another error is 500")
    func errors() async {
        struct Broken: Error {}
        routes.access = .unrestricted
        routes.add(.post, "/v1/admin/a") { _ in throw AdminProblem(409, "Not now.") }
        routes.add(.post, "/v1/admin/b") { _ in throw Broken() }
        routes.addOpen(.get, "/pages/{name}") { call in .text(call["name"] + call.caller) }
        #expect(await ask(.post, "/v1/admin/a").status == 409)
        #expect(await ask(.post, "/v1/admin/b").status == 500)
        #expect(text(await ask(.get, "/pages/x")) == "x-")
        #expect(text(await ask(.head, "/pages/x")) == "x-")
    }
}
