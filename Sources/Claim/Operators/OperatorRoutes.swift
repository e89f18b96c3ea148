import HTTPServer
import Metrics
import Operators
import Orders
import ServiceShell

/// The operators' actions on Claim's admin port.
enum OperatorRoutes {
    static func add(to routes: AdminRoutes, held: HeldDesk, settle: SettleDesk) {
        routes.add(.get, "/v1/admin/held") { call in
            await answering("list") { () async throws(OperatorProblem) in
                let most = try number(
                    call, "limit", in: HeldDesk.pageSizes, default: 100)
                let first = try number(call, "from", in: 0...OrderID.maxShards - 1, default: 0)
                let page = try await held.list(fromShard: first, most: most)
                return page.response(await held.catalog())
            }
        }
        routes.add(.post, "/v1/admin/held/{order}/approve") { call in
            await answering("approve") { () async throws(OperatorProblem) in
                let reason = try OperatorReason.parse(call.body)
                return try await held.approve(
                    try order(call), operator: call.caller, reason: reason
                ).response
            }
        }
        routes.add(.post, "/v1/admin/held/{order}/refuse") { call in
            await answering("refuse") { () async throws(OperatorProblem) in
                let reason = try OperatorReason.parse(call.body)
                return try await held.refuse(
                    try order(call), operator: call.caller, reason: reason
                ).response
            }
        }
        routes.add(.post, "/v1/admin/settle") { call in
            await answering("settle") { () async throws(OperatorProblem) in
                let results = try await settle.settle(
                    try SettleRequest.parse(call.body), operator: call.caller)
                return .json(SettleAnswer.encode(results))
            }
        }
    }

    static func answering(
        _ act: String, _ body: () async throws(OperatorProblem) -> HTTPResponse
    ) async -> HTTPResponse {
        do throws(OperatorProblem) {
            let response = try await body()
            count(act, "done")
            return response
        } catch {
            count(act, error.slug)
            return error.response
        }
    }

    private static func count(_ act: String, _ result: String) {
        Counter(label: "claim_operator_acts_total", dimensions: [("act", act), ("result", result)])
            .increment()
    }

    private static func order(_ call: AdminCall) throws(OperatorProblem) -> OrderID {
        guard let id = OrderID(text: call["order"]) else {
            throw .malformed(field: "order", "is not an order ID (13 characters of Crockford base 32)")
        }
        return id
    }

    private static func number(
        _ call: AdminCall, _ name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(OperatorProblem) -> Int {
        guard let text = call.request.query(name) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw .malformed(field: name, "is not a number within \(range.lowerBound)...\(range.upperBound)")
        }
        return value
    }
}
