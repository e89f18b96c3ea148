import Catalog
import Credentials
import NIOCore
import NIOPosix
import Orders
import Profiles
import Stack
import Telemetry
import Testing
import Wire

@testable import Simulator

/// The games and role services over a real socket.
@Suite struct WorldHostTests {
    private static let secret =
        "whsec_" + String(decoding: Base64.encode([UInt8](repeating: 7, count: 32)), as: UTF8.self)

    /// A world on a free port, and somebody who plays the game.
    private final class Scene {
        let host: WorldHost
        let catalog: Catalog
        let game: Game
        let port: Int
        let user: UInt64
        let registration: GameProfile
        private let signer: WebhookSigner

        init(_ id: String) async throws {
            catalog = try FestivalCatalog.load()
            game = try #require(catalog.game(id: id))
            let verifier = try WebhookVerifier(secrets: [WorldHostTests.secret])
            signer = try WebhookSigner(secrets: [WorldHostTests.secret])
            host = WorldHost(
                catalog: catalog, verifiers: catalog.games.map { _ in verifier }, seed: 5,
                loop: MultiThreadedEventLoopGroup.singleton.next())
            port = try await host.start(host: "127.0.0.1", port: 0)
            let roles = RoleWorld(seed: 5, catalog: catalog)
            let slot = game.slot
            user = try #require((1...5000).first { roles.registration(of: $0, game: slot) != nil })
            registration = try #require(roles.registration(of: user, game: slot))
        }

        func delivery(_ order: OrderID, signedBy other: WebhookSigner? = nil) -> (
            headers: [String: String], body: [UInt8]
        ) {
            let gift = catalog.gifts[Int(catalog.giftsByGame[Int(game.slot)][0])]
            var json = JSONWriter()
            json.beginObject()
            for (key, value) in [
                ("order", order.text), ("user", "\(user)"), ("gift", gift.id),
                ("region", game.regions[Int(registration.roles[0].region)].id),
                ("role", "\(registration.roles[0].id)"),
            ] {
                json.key(key)
                json.string(value)
            }
            json.key("items")
            json.beginArray()
            for _ in gift.items { json.null() }
            json.endArray()
            json.endObject()
            let nowS = SystemClock.nowMs / 1000
            return (
                [
                    "webhook-id": order.text, "webhook-timestamp": "\(nowS)",
                    "webhook-signature": (other ?? signer).signatureHeader(
                        id: order.text, timestampS: nowS, body: json.bytes),
                ], json.bytes
            )
        }

        func deliver(_ order: OrderID, signedBy other: WebhookSigner? = nil) throws -> LoopbackHTTP.Response {
            let (headers, body) = delivery(order, signedBy: other)
            return try LoopbackHTTP.post(port: port, "/games/\(game.id)/grant", headers: headers, body: body)
        }

        func asks(_ order: OrderID) throws -> LoopbackHTTP.Response {
            try LoopbackHTTP.get(port: port, "/games/\(game.id)/orders/\(order.text)")
        }
    }

    private let order = OrderID(lane: 77, shard: 3, sequence: 12)

    @Test("promise 4: granted once, 409 after that, and the query says so")
    func grants() async throws {
        let scene = try await Scene("dragon-tide")
        #expect(try scene.asks(order).text == #"{"granted":false}"#)
        #expect(try scene.deliver(order).status == 200)
        #expect(try scene.deliver(order).status == 409)
        #expect(try scene.asks(order).text == #"{"granted":true}"#)
        let lines = try GrantLine.all(await scene.host.grants())
        #expect(lines.map(\.order) == [order] && lines[0].count == 1 && lines[0].requests == 2)
        let report = try WorldReport(await scene.host.report())
        #expect(report.games[Int(scene.game.slot)].requests == 2 && report.totalRequests == 2)
        #expect(report.games[Int(scene.game.slot)].queries == 2)
        await scene.host.stop()
    }

    @Test("promise 10: a wrong signature is refused")
    func wrongSignature() async throws {
        let scene = try await Scene("dragon-tide")
        let stranger = try WebhookSigner(
            secrets: [
                "whsec_" + String(decoding: Base64.encode([UInt8](repeating: 9, count: 32)), as: UTF8.self)
            ])
        #expect(try scene.deliver(order, signedBy: stranger).status == 401)
        #expect(try await scene.host.grants().isEmpty)
        await scene.host.stop()
    }

    @Test func theRoleServiceTellsWhatEverybodyElseComputes() async throws {
        let scene = try await Scene("dragon-tide")
        let answer = try LoopbackHTTP.get(port: scene.port, "/roles/dragon-tide?user=\(scene.user)")
        #expect(answer.status == 200)
        #expect(try RoleAnswer.parse(answer.body, game: scene.game) == scene.registration)
        #expect(try LoopbackHTTP.get(port: scene.port, "/roles/dragon-tide?user=x").status == 400)
        await scene.host.stop()
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        let scene = try await Scene("teahouse-days")
        for target in [
            "/", "/games/no-such/grant", "/games/teahouse-days/orders/\(order.text)", "/roles/none?user=1",
        ] {
            #expect(try LoopbackHTTP.get(port: scene.port, target).status == 404)
        }
        await scene.host.stop()
    }

    @Test("promise 4: a dropped answer is a grant all the same")
    func drops() async throws {
        let scene = try await Scene("dragon-tide")
        _ = try await scene.host.changeFaults(of: scene.game.slot, Array(#"{"drop_ratio":1}"#.utf8))
        #expect(throws: StackFailure.self) { try scene.deliver(order) }
        _ = try await scene.host.changeFaults(of: scene.game.slot, Array(#"{"drop_ratio":0}"#.utf8))
        #expect(try scene.asks(order).text == #"{"granted":true}"#)
        await scene.host.stop()
    }

    @Test func aHungGameReadsNothingUntilItWakes() async throws {
        let scene = try await Scene("dragon-tide")
        let game = scene.game.slot
        _ = try await scene.host.changeFaults(of: game, Array(#"{"hang_ms":600000}"#.utf8))
        let (headers, body) = scene.delivery(order)
        let port = scene.port
        async let answer = NIOThreadPool.singleton.runIfActive {
            try LoopbackHTTP.post(
                port: port, "/games/dragon-tide/grant", headers: headers, body: body, within: .seconds(60))
        }
        // Another game is not hung; that it answers shows that the world goes on.
        #expect(try LoopbackHTTP.get(port: port, "/games/moon-rabbit/orders/\(order.text)").status == 200)
        #expect(try WorldReport(await scene.host.report()).totalRequests == 0)
        // The delivery may not have been sent yet; woken before or after, it is answered.
        _ = try await scene.host.changeFaults(of: game, Array(#"{"hang_ms":0}"#.utf8))
        #expect(try await answer.status == 200)
        #expect(try WorldReport(await scene.host.report()).totalRequests == 1)
        await scene.host.stop()
    }

    @Test func aBadChangeOfFaultsIsRefused() async throws {
        let scene = try await Scene("dragon-tide")
        await #expect(throws: JSONError.self) {
            _ = try await scene.host.changeFaults(of: 0, Array(#"{"error_ratio":2}"#.utf8))
        }
        await scene.host.stop()
    }
}
