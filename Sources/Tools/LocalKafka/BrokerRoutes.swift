import HTTPServer
import ServiceShell
import Wire

/// The broker's admin actions.
enum BrokerRoutes {
    static func add(to routes: AdminRoutes, _ broker: LocalBroker) {
        routes.add(.get, "/v1/admin/broker") { _ in await answer(broker) }
        routes.add(.post, "/v1/admin/broker/down") { _ in
            try await broker.setDown()
            return await answer(broker)
        }
        routes.add(.post, "/v1/admin/broker/up") { _ in
            try await broker.setUp()
            return await answer(broker)
        }
        routes.add(.post, "/v1/admin/wipe") { _ in
            try await broker.wipe()
            return await answer(broker)
        }
    }

    /// `{"bootstrap":"127.0.0.1:40001","up":true}`.
    private static func answer(_ broker: LocalBroker) async -> HTTPResponse {
        let status = await broker.status
        var json = JSONWriter()
        json.beginObject()
        json.key("bootstrap")
        json.string(status.bootstrap)
        json.key("up")
        json.bool(status.isUp)
        json.endObject()
        return .json(json.bytes)
    }
}
