import HTTPServer
import Metrics
import NIOCore
import Operators
import OrderStore
import Orders
import ServiceShell
import Wire

/// The operators' actions on the Deliverer's admin port.
enum DeskRoutes {
    static func add(to routes: AdminRoutes, _ desk: OperatorDesk) {
        routes.add(.get, "/v1/admin/limits") { _ in
            await answering("list") { () async throws(OperatorProblem) in try await desk.limits() }
        }
        for method in [HTTPRequest.Method.put, .post] {
            routes.add(method, "/v1/admin/limits/{game}") { call in
                await answering("limit") { () async throws(OperatorProblem) in
                    let request = try LimitRequest.parse(call.body)
                    let game = call["game"] == total ? nil : call["game"]
                    return try await desk.setLimit(request, game: game, operator: call.caller)
                }
            }
        }
        routes.add(.post, "/v1/admin/games/{game}/pause") { call in
            await gate(desk, call, "pause", isPaused: true)
        }
        routes.add(.post, "/v1/admin/games/{game}/resume") { call in
            await gate(desk, call, "resume", isPaused: false)
        }
    }

    /// What the loop tells: the status, and one order.
    static func add(to routes: AdminRoutes, _ loop: DeliveryLoop) {
        routes.add(.get, "/v1/admin/status") { _ in
            .json(try await loop.loop.submit { loop.report().encode() }.get())
        }
        routes.add(.get, "/v1/admin/orders/{order}") { call in
            guard let id = OrderID(text: call["order"]) else {
                let why = "is not an order ID (13 characters of Crockford base 32)"
                return OperatorProblem.malformed(field: "order", why).response
            }
            guard Int(id.shard) < loop.store.keys.shards else { return OperatorProblem.noSuchOrder.response }
            let (place, owner) = try await loop.loop.submit {
                (loop.place(of: id), String(decoding: Hex.encode(loop.engine.owner), as: UTF8.self))
            }.get()
            // Without Redis what is in memory is still worth knowing.
            let look = try? await loop.store.look(id)
            return .json(OrderWhy(order: id, instance: owner, look: look, here: place).encode())
        }
    }

    /// What stands for all games together in the place of a game's ID; no game may be called so here.
    static let total = "total"

    private static func gate(
        _ desk: OperatorDesk, _ call: AdminCall, _ act: String, isPaused: Bool
    ) async -> HTTPResponse {
        await answering(act) { () async throws(OperatorProblem) in
            let reason = try OperatorReason.parse(call.body)
            return try await desk.setGate(
                game: call["game"], isPaused: isPaused, operator: call.caller, reason: reason)
        }
    }

    private static func answering(
        _ act: String, _ body: () async throws(OperatorProblem) -> LimitsDocument
    ) async -> HTTPResponse {
        do throws(OperatorProblem) {
            let document = try await body()
            count(act, "done")
            return .json(document.encode())
        } catch {
            count(act, error.slug)
            return error.response
        }
    }

    private static func count(_ act: String, _ result: String) {
        Counter(
            label: "hongbao_deliverer_operator_acts_total", dimensions: [("act", act), ("result", result)]
        ).increment()
    }
}
