import Catalog
import Orders
import Profiles
import Testing
import Wire

@testable import Simulator

@Suite struct GameDeskTests {
    /// A desk of the game, somebody who plays it, and a delivery to them.
    private struct Scene {
        let catalog: Catalog
        let game: Game
        var desk: GameDesk
        let user: UInt64
        let order = OrderID(lane: 9, shard: 1, sequence: 4)
        var nowNs: UInt64 = 1

        init(_ id: String) throws {
            catalog = try FestivalCatalog.load()
            game = try #require(catalog.game(id: id))
            let roles = RoleWorld(seed: 8, catalog: catalog)
            desk = GameDesk(game: game, catalog: catalog, roles: roles, seed: 8)
            let slot = game.slot
            user = try #require((1...5000).first { roles.registration(of: $0, game: slot) != nil })
        }

        func body(role changed: UInt64? = nil, items: Int? = nil) throws -> [UInt8] {
            let role = try #require(desk.roles.registration(of: user, game: game.slot)?.roles.first)
            let gift = catalog.gifts[Int(catalog.giftsByGame[Int(game.slot)][0])]
            var json = JSONWriter()
            json.beginObject()
            for (key, value) in [
                ("order", order.text), ("user", "\(user)"), ("region", game.regions[Int(role.region)].id),
                ("role", "\(changed ?? role.id)"), ("gift", gift.id),
            ] {
                json.key(key)
                json.string(value)
            }
            json.key("items")
            json.beginArray()
            for _ in 0..<(items ?? gift.items.count) { json.null() }
            json.endArray()
            json.endObject()
            return json.bytes
        }

        mutating func deliver(_ body: [UInt8]? = nil, id: String? = nil, signed: Bool = true) throws
            -> GameDesk.Answer
        {
            nowNs += 1
            return desk.deliver(
                id: id ?? order.text, body: try body ?? self.body(), isSigned: signed, nowNs: nowNs)
        }
    }

    @Test("promise 4: a game that keeps its word grants once and says so ever after")
    func grantsOnce() throws {
        var scene = try Scene("dragon-tide")
        #expect(try scene.deliver().status == 200)
        #expect(try scene.deliver().status == 409)
        #expect(
            scene.desk.book.grants == 1 && scene.desk.book.repeats == 1 && scene.desk.book.grantedTwice == 0)
    }

    @Test func aGameWithoutMemoryGrantsAgainAndIsFoundOut() throws {
        var scene = try Scene("moon-rabbit")
        #expect(try scene.deliver().status == 200)
        #expect(try scene.deliver().status == 200)
        #expect(scene.desk.book.grantedTwice == 1)
    }

    @Test func withoutAGoodSignatureNothingIsReadButItCounts() throws {
        var scene = try Scene("dragon-tide")
        #expect(try scene.deliver(signed: false).status == 401)
        #expect(scene.desk.book.requests == 0)
        #expect(scene.desk.window.total == 1)
    }

    @Test func aDroppedAnswerIsAGrantAllTheSame() throws {
        var scene = try Scene("dragon-tide")
        scene.desk.faults.dropRatio = 1
        let answer = try scene.deliver()
        #expect(answer.isLost)
        #expect(scene.desk.book.isGranted(scene.order))
        scene.desk.faults = GameFaults()
        let asked = scene.desk.ask(scene.order)
        #expect(asked.body == Array(#"{"granted":true}"#.utf8))
    }

    @Test func aGrantMayHideBehindAnErrorOrDrip() throws {
        var scene = try Scene("moon-rabbit")
        scene.desk.faults.grantErrorRatio = 1
        #expect(try scene.deliver().status == 500)
        #expect(scene.desk.book.isGranted(scene.order))
        scene.desk.faults = GameFaults()
        scene.desk.faults.dripRatio = 1
        let answer = try scene.deliver()
        #expect(answer.status == 200 && answer.isDripped && !answer.body.isEmpty)
        let entry = scene.desk.book.entries[scene.order]
        #expect(entry?.grants == 2 && entry?.afterGrant == 1)
    }

    @Test func aGameThatIsGoneGrantsNothingUntilItIsBack() throws {
        var scene = try Scene("dragon-tide")
        scene.desk.faults.isGone = true
        #expect(try scene.deliver().status == 410)
        #expect(scene.desk.book.grants == 0 && scene.desk.tally.gone == 1)
        scene.desk.faults.isGone = false
        #expect(try scene.deliver().status == 200)
    }

    @Test func errorsAndThrottlesGrantNothing() throws {
        var scene = try Scene("dragon-tide")
        scene.desk.faults.errorRatio = 1
        #expect((500...503).contains(try scene.deliver().status))
        scene.desk.faults = GameFaults()
        scene.desk.faults.throttleRatio = 1
        scene.desk.faults.retryAfterS = 3
        let throttled = try scene.deliver()
        #expect(throttled.status == 429 && throttled.retryAfterS == 3)
        #expect(scene.desk.book.grants == 0)
        scene.desk.faults = GameFaults()
        #expect(scene.desk.ask(scene.order).body == Array(#"{"granted":false}"#.utf8))
    }

    @Test func somebodyElsesRoleIsRejectedForGood() throws {
        var scene = try Scene("dragon-tide")
        let body = try scene.body(role: 1)
        #expect(try scene.deliver(body).status == 422)
        #expect(scene.desk.tally.misaddressed == 1 && scene.desk.book.rejections == 1)
    }

    @Test func whatIsNotADeliveryOfThisGameIsMalformed() throws {
        var scene = try Scene("dragon-tide")
        #expect(try scene.deliver(Array("{}".utf8)).status == 400)
        #expect(try scene.deliver(id: OrderID(lane: 1, shard: 0, sequence: 0).text).status == 400)
        let body = try scene.body(items: 99)
        #expect(try scene.deliver(body).status == 400)
        #expect(scene.desk.tally.malformed == 3)
    }

    @Test func anyBytesAreAnswered() throws {
        var scene = try Scene("dragon-tide")
        var random = SplitMix64(seed: 77)
        let good = try scene.body()
        for _ in 0..<2000 {
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(
                    in: .min ... .max, using: &random)
            }
            if Bool.random(using: &random) { body.removeLast(Int.random(in: 1...body.count, using: &random)) }
            let status = try scene.deliver(body).status
            #expect([200, 400, 409, 422].contains(status))
        }
    }
}
