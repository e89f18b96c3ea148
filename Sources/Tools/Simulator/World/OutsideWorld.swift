import Catalog
import Credentials
import NIOCore
import Orders
import Profiles
import Telemetry
import Wire

/// All games and role services of a campaign. Lives on one event loop; nothing here is touched elsewhere.
///
/// A game that hangs reads nothing: what comes meanwhile waits in the order of its arrival, counts as arrived
/// when the game reads it, and is then read all at once, also where the sender has given up since.
final class OutsideWorld {
    typealias Reply = (GameDesk.Answer) -> Void

    private struct Hang {
        var untilNs: UInt64
        var waiting: [() -> Void] = []
    }

    let catalog: Catalog
    let roles: RoleWorld
    private(set) var desks: [GameDesk]
    /// All games together, against the campaign's total limit.
    private(set) var total: SlidingWindow
    private(set) var roleQuestions = 0
    private let verifiers: [WebhookVerifier]
    private let loop: any EventLoop
    private var hangs: [UInt8: Hang] = [:]

    /// - Parameter verifiers: by game slot.
    init(catalog: Catalog, verifiers: [WebhookVerifier], seed: UInt64, loop: any EventLoop) {
        precondition(verifiers.count == catalog.games.count)
        let roles = RoleWorld(seed: seed, catalog: catalog)
        self.catalog = catalog
        self.roles = roles
        self.verifiers = verifiers
        self.loop = loop
        desks = catalog.games.map { GameDesk(game: $0, catalog: catalog, roles: roles, seed: seed) }
        let limit = catalog.campaign.totalLimit
        total = SlidingWindow(perSecond: limit.perSecond, burst: limit.burst)
    }

    // MARK: - The games

    struct Signature {
        var id: String
        var timestamp: String
        var signatures: String
    }

    func deliver(game: UInt8, signature: Signature, body: [UInt8], then reply: @escaping Reply) {
        whenRead(by: game) { [self] in
            let nowNs = NIODeadline.now().uptimeNanoseconds
            total.arrived(atNs: nowNs)
            let isSigned =
                (try? verifiers[Int(game)].verify(
                    id: signature.id, timestamp: signature.timestamp, signatures: signature.signatures,
                    body: body, nowS: SystemClock.nowMs / 1000)) != nil
            reply(desks[Int(game)].deliver(id: signature.id, body: body, isSigned: isSigned, nowNs: nowNs))
        }
    }

    func ask(game: UInt8, order: OrderID, then reply: @escaping Reply) {
        whenRead(by: game) { [self] in reply(desks[Int(game)].ask(order)) }
    }

    private func whenRead(by game: UInt8, _ deed: @escaping () -> Void) {
        if hangs[game] != nil {
            hangs[game]?.waiting.append(deed)
        } else {
            deed()
        }
    }

    /// Every order that a game was asked for.
    var grantLines: [GrantLine] {
        desks.flatMap { desk in
            desk.book.entries.map { order, entry in
                GrantLine(
                    order: order, game: desk.game.id, gift: catalog.gifts[Int(entry.gift)].id,
                    user: entry.user, requests: entry.requests, count: entry.grants,
                    afterGrant: entry.afterGrant, rejections: entry.rejections,
                    grantedAtNs: entry.grantedAtNs)
            }
        }
    }

    // MARK: - The role services

    func role(game: UInt8, user: UInt64) -> GameDesk.Answer {
        roleQuestions += 1
        let body = RoleAnswer.json(
            roles.registration(of: user, game: game), game: catalog.games[Int(game)])
        return GameDesk.Answer(
            status: 200, body: body, afterMs: roles.answerDelayMs(user: user, game: game))
    }

    // MARK: - Faults

    func faults(of game: UInt8) -> [UInt8] {
        var json = JSONWriter()
        let nowNs = NIODeadline.now().uptimeNanoseconds
        let leftNs = hangs[game].map { $0.untilNs > nowNs ? $0.untilNs - nowNs : 0 } ?? 0
        desks[Int(game)].faults.write(hangLeftMs: Int64(leftNs / 1_000_000), into: &json)
        return json.bytes
    }

    /// - Returns: for how long the game's port is to be closed, in ms, if at all.
    func changeFaults(of game: UInt8, _ body: [UInt8]) throws(JSONError) -> Int64? {
        let acts = try desks[Int(game)].faults.change(JSON.parse(body, limits: .request))
        if let hangMs = acts.hangMs { hang(game, forMs: hangMs) }
        return acts.refuseMs
    }

    private func hang(_ game: UInt8, forMs hangMs: Int64) {
        let untilNs = NIODeadline.now().uptimeNanoseconds + UInt64(hangMs) * 1_000_000
        hangs[game, default: Hang(untilNs: untilNs)].untilNs = untilNs
        loop.assumeIsolated().scheduleTask(in: .milliseconds(hangMs)) { [self] in wake(game, setAt: untilNs) }
    }

    /// Another limit is in force for a game, or nil: for all together.
    func changeLimit(of game: UInt8?, perSecond: Double, burst: Int) {
        let nowNs = NIODeadline.now().uptimeNanoseconds
        if let game {
            desks[Int(game)].changeLimit(perSecond: perSecond, burst: burst, nowNs: nowNs)
        } else {
            total.change(perSecond: perSecond, burst: burst, atNs: nowNs)
        }
    }

    /// Ends a hang, unless it has been set anew since.
    private func wake(_ game: UInt8, setAt untilNs: UInt64) {
        guard let hang = hangs[game], hang.untilNs == untilNs else { return }
        hangs[game] = nil
        for deed in hang.waiting { deed() }
    }
}
