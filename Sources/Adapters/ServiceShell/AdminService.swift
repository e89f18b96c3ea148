import HTTPServer
import Logging
import Telemetry
import Wire

/// What the admin port answers: liveness, readiness, metrics, and the routes that a service added.
final class AdminService: HTTPService {
    private let routes: AdminRoutes
    private let readiness: Readiness
    private let registry: PrometheusRegistry
    private let logger: Logger

    init(routes: AdminRoutes, readiness: Readiness, registry: PrometheusRegistry, logger: Logger) {
        self.routes = routes
        self.readiness = readiness
        self.registry = registry
        self.logger = logger
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch request.path {
        case "/livez", "/readyz", "/metrics":
            guard request.method == .get || request.method == .head else {
                responder.respond(.methodNotAllowed("GET, HEAD"))
                return
            }
            responder.respond(builtIn(request.path))
        default:
            route(request, responder)
        }
    }

    private func builtIn(_ path: String) -> HTTPResponse {
        switch path {
        case "/livez": .text("ok\n")
        case "/readyz": ready()
        default:
            HTTPResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: .bytes(registry.render()))
        }
    }

    private func ready() -> HTTPResponse {
        let isReady = readiness.isReady
        var json = JSONWriter()
        json.beginObject()
        json.key("ready")
        json.bool(isReady)
        json.key("draining")
        json.bool(readiness.isDraining)
        json.key("checks")
        json.beginArray()
        for check in readiness.checks {
            json.beginObject()
            json.key("name")
            json.string(check.name)
            json.key("ready")
            json.bool(check.isReady)
            json.key("detail")
            json.string(check.detail)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return .json(json.bytes, status: isReady ? 200 : 503)
    }

    private func route(_ request: HTTPRequest, _ responder: HTTPResponder) {
        switch routes.match(request.method, request.path) {
        case .none:
            // Without a key nobody learns which actions there are.
            if request.path.hasPrefix("/v1/admin/"), caller(of: request) == nil {
                responder.respond(Self.unauthorized)
            } else {
                responder.respond(.notFound)
            }
        case .wrongMethod(let allowed):
            responder.respond(.methodNotAllowed(allowed))
        case .found(let route, let parameters):
            guard let caller = route.needsKey ? caller(of: request) : "-" else {
                responder.respond(Self.unauthorized)
                return
            }
            perform(
                route.handler, AdminCall(request: request, caller: caller, parameters: parameters), responder)
        }
    }

    private func perform(
        _ handler: @escaping AdminRoutes.Handler, _ call: AdminCall, _ responder: HTTPResponder
    ) {
        Task { [logger] in
            do {
                responder.respond(try await handler(call))
            } catch let problem as AdminProblem {
                responder.respond(.problem(status: problem.status, detail: problem.detail))
            } catch {
                logger.error(
                    "admin action failed", metadata: ["path": "\(call.request.path)", "error": "\(error)"])
                responder.respond(.problem(status: 500, detail: "The action failed: \(error)"))
            }
        }
    }

    private func caller(of request: HTTPRequest) -> String? {
        switch routes.access {
        case .nobody: nil
        case .unrestricted: "anybody"
        case .apiKey(let holder):
            (request.header("x-api-key") ?? request.bearerToken.map(String.init)).flatMap(holder)
        }
    }

    private static var unauthorized: HTTPResponse {
        .problem(
            status: 401, detail: "This action needs an API key.", headers: [("www-authenticate", "Bearer")])
    }
}
