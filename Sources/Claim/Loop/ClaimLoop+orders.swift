import HTTPServer
import OrderStore
import Orders
import Telemetry

extension ClaimLoop {
    /// `GET /v1/orders/{order}`: for its owner; whoever else asks is told that there is none.
    func lookAt(_ text: Substring, _ request: HTTPRequest, _ waiter: ClaimWaiter) {
        guard open <= plan.limits.maxOpen else { return answer(waiter, .problem(.overloaded)) }
        let user: UInt64
        do throws(ClaimProblem) {
            user = try door.visitor(
                request, .look, nowMs: SystemClock.nowMs, nowNs: waiter.startedNs
            ).user
        } catch {
            return answer(waiter, .problem(error))
        }
        guard let id = OrderID(text: text.utf8), id.shard == plan.keys.shard(user: user) else {
            return answer(waiter, .problem(.noSuchOrder))
        }
        store.orders(user: user) { [self] result in
            switch result {
            case .failure: answer(waiter, .problem(.storeAway))
            case .success(let orders):
                guard let order = orders.first(where: { $0.id == id }), plan.catalog.holds(order) else {
                    return answer(waiter, .problem(.noSuchOrder))
                }
                tellState(of: order, waiter)
            }
        }
    }

    private func tellState(of order: Order, _ waiter: ClaimWaiter) {
        store.state(order.id) { [self] result in
            switch result {
            case .success(let state): answer(waiter, .order(order, state))
            case .failure: answer(waiter, .problem(.storeAway))
            }
        }
    }
}
