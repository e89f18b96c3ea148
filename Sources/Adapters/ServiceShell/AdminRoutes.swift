import HTTPServer
import NIOCore
import Synchronization

/// Who may use the admin port's actions.
package enum AdminAccess: Sendable {
    /// Nobody, until keys are configured.
    case nobody
    /// Whoever shows a key (`Authorization: Bearer` or `X-API-Key`) that the closure knows; it returns the
    /// holder's name, which the audit trail needs.
    case apiKey(@Sendable (_ key: String) -> String?)
    /// Everybody: only for tools whose port is private.
    case unrestricted
}

/// One call of an admin action.
package struct AdminCall: Sendable {
    package let request: HTTPRequest
    /// The key holder's name; `-` on a route that needs no key.
    package let caller: String
    let parameters: [String: String]

    /// What stood in the path for `{name}`; empty when the pattern has no such part.
    package subscript(name: String) -> String { parameters[name] ?? "" }

    package var body: [UInt8] { Array(buffer: request.body) }
}

/// An answer given by throwing: a problem document.
package struct AdminProblem: Error, Sendable {
    package var status: Int
    package var detail: String

    package init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }
}

/// The routes of the admin port beside `/livez`, `/readyz` and `/metrics`.
package final class AdminRoutes: Sendable {
    package typealias Handler = @Sendable (AdminCall) async throws -> HTTPResponse

    struct Route {
        var method: HTTPRequest.Method
        var pattern: [Substring]
        var needsKey: Bool
        var handler: Handler
    }

    enum Match {
        case found(Route, parameters: [String: String])
        case wrongMethod(allowed: String)
        case none
    }

    private let routes = Mutex<[Route]>([])
    private let accessBox = Mutex(AdminAccess.nobody)

    package init() {}

    package var access: AdminAccess {
        get { accessBox.withLock { $0 } }
        set { accessBox.withLock { $0 = newValue } }
    }

    /// An action under `/v1/admin/`, for key holders. `{name}` stands for one path segment:
    /// `add(.post, "/v1/admin/games/{game}/pause") { call in … call["game"] … }`.
    package func add(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping Handler) {
        precondition(pattern.hasPrefix("/v1/admin/"), "actions stand under /v1/admin/")
        add(method, pattern, needsKey: true, handler)
    }

    /// A page that anybody who reaches the port may see.
    package func addOpen(_ method: HTTPRequest.Method, _ pattern: String, _ handler: @escaping Handler) {
        precondition(!pattern.hasPrefix("/v1/admin/"), "what stands under /v1/admin/ needs a key")
        add(method, pattern, needsKey: false, handler)
    }

    private func add(
        _ method: HTTPRequest.Method, _ pattern: String, needsKey: Bool, _ handler: @escaping Handler
    ) {
        let route = Route(
            method: method, pattern: pattern.split(separator: "/"), needsKey: needsKey, handler: handler)
        routes.withLock { $0.append(route) }
    }

    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        let fitting = routes.withLock { $0 }.compactMap { route in
            Self.parameters(of: segments, in: route.pattern).map { (route, $0) }
        }
        // HEAD is a GET whose body the server leaves out.
        let wanted = method == .head ? .get : method
        if let (route, parameters) = fitting.first(where: { $0.0.method == wanted }) {
            return .found(route, parameters: parameters)
        }
        let allowed = fitting.map { "\($0.0.method)".uppercased() }
        return allowed.isEmpty ? .none : .wrongMethod(allowed: allowed.joined(separator: ", "))
    }

    private static func parameters(of segments: [Substring], in pattern: [Substring]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var parameters: [String: String] = [:]
        for (part, segment) in zip(pattern, segments) {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                parameters[String(part.dropFirst().dropLast())] = String(segment)
            } else if part != segment {
                return nil
            }
        }
        return parameters
    }
}
