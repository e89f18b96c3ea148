import HTTPServer
import Operators
import ServiceShell

/// The operators' way to add stock, on Claim's admin port.
enum StockRoutes {
    static func add(to routes: AdminRoutes, _ desk: StockDesk) {
        routes.add(.post, "/v1/admin/stock") { call in
            await OperatorRoutes.answering("stock") { () async throws(OperatorProblem) in
                try await desk.add(try StockRequest.parse(call.body), operator: call.caller).response
            }
        }
    }
}
