import Catalog
import Orders
import Wire

/// One game as it looks from outside: it reads deliveries one after the other, grants by order ID, forgets
/// nothing, and has its bad days.
///
/// Pure: times come in, what to answer goes out. A grant happens when the request is read, also where the
/// answer comes late or never; so a question that is read later sees it.
struct GameDesk {
    /// What becomes of one request.
    struct Answer: Sendable, Equatable {
        var status: Int
        var body: [UInt8] = []
        var retryAfterS: Int64?
        var afterMs: Int64 = 0
        /// Closes the connection instead of answering.
        var isLost = false
        /// The body comes a byte a second.
        var isDripped = false
    }

    struct Tally: Sendable, Equatable {
        var granted = 0
        var alreadyGranted = 0
        var rejected = 0
        var malformed = 0
        var unsigned = 0
        var misaddressed = 0
        var errors = 0
        var throttled = 0
        var dropped = 0
        var errorsAfter = 0
        var dripped = 0
        var gone = 0
        var queries = 0
    }

    let game: Game
    let catalog: Catalog
    let roles: RoleWorld
    var faults = GameFaults()
    private(set) var book = GrantBook()
    private(set) var window: SlidingWindow
    private(set) var tally = Tally()
    private var dice: FaultDice

    init(game: Game, catalog: Catalog, roles: RoleWorld, seed: UInt64) {
        self.game = game
        self.catalog = catalog
        self.roles = roles
        window = SlidingWindow(perSecond: game.limit.perSecond, burst: game.limit.burst)
        dice = FaultDice(seed: seed, game: game.slot)
    }

    /// A whole `POST …/grant` has been read.
    ///
    /// - Parameter isSigned: whether its signature is by the secret that game and campaign share.
    mutating func deliver(id: String, body: [UInt8], isSigned: Bool, nowNs: UInt64) -> Answer {
        window.arrived(atNs: nowNs)
        guard isSigned else {
            tally.unsigned += 1
            return Answer(status: 401, body: Self.note("error", "the signature is not good"))
        }
        let delivery: GameDelivery
        do throws(JSONError) {
            delivery = try GameDelivery(body, game: game, catalog: catalog)
        } catch {
            tally.malformed += 1
            return Answer(status: 400, body: Self.note("error", "\(error.path): \(error.reason)"))
        }
        guard OrderID(text: id) == delivery.order else {
            tally.malformed += 1
            return Answer(status: 400, body: Self.note("error", "webhook-id is not the order"))
        }
        book.asked(delivery.order, gift: delivery.gift, user: delivery.user)
        return judge(delivery, nowNs: nowNs)
    }

    private mutating func judge(_ delivery: GameDelivery, nowNs: UInt64) -> Answer {
        let (fate, afterMs) = dice.roll(faults)
        if faults.isGone {
            tally.gone += 1
            return Answer(status: 410, afterMs: afterMs)
        }
        switch fate {
        case .throttled:
            tally.throttled += 1
            return Answer(status: 429, retryAfterS: faults.retryAfterS, afterMs: afterMs)
        case .error(let status):
            tally.errors += 1
            return Answer(status: status, afterMs: afterMs)
        case .fair, .dropped, .errorAfter, .dripped:
            break
        }
        var answer = decide(delivery, afterMs: afterMs, nowNs: nowNs)
        switch fate {
        case .dropped:
            tally.dropped += 1
            answer.isLost = true
        case .errorAfter:
            tally.errorsAfter += 1
            answer = Answer(status: 500, afterMs: afterMs)
        case .dripped:
            tally.dripped += 1
            answer.isDripped = true
        default: break
        }
        return answer
    }

    /// The deed itself: refuses, or grants, and says so.
    private mutating func decide(_ delivery: GameDelivery, afterMs: Int64, nowNs: UInt64) -> Answer {
        let owns = roles.owns(
            user: delivery.user, game: game.slot, region: delivery.region, role: delivery.role)
        if !owns { tally.misaddressed += 1 }
        guard owns, !dice.rejects(delivery.order, faults) else {
            book.reject(delivery.order)
            tally.rejected += 1
            return Answer(status: 422, body: Self.note("error", "this role takes no gifts"), afterMs: afterMs)
        }
        if game.idempotent && book.isGranted(delivery.order) {
            tally.alreadyGranted += 1
            return Answer(status: 409, body: Self.note("state", "already granted"), afterMs: afterMs)
        }
        book.grant(delivery.order, atNs: nowNs)
        tally.granted += 1
        return Answer(status: 200, body: Self.note("state", "granted"), afterMs: afterMs)
    }

    /// From `nowNs` on another limit is in force, see ``SlidingWindow/change(perSecond:burst:atNs:)``.
    mutating func changeLimit(perSecond: Double, burst: Int, nowNs: UInt64) {
        window.change(perSecond: perSecond, burst: burst, atNs: nowNs)
    }

    /// A whole question whether an order was granted has been read. Errors and slowness befall it as well.
    mutating func ask(_ order: OrderID) -> Answer {
        tally.queries += 1
        let (fate, afterMs) = dice.roll(faults)
        switch fate {
        case .throttled: return Answer(status: 429, retryAfterS: faults.retryAfterS, afterMs: afterMs)
        case .error(let status): return Answer(status: status, afterMs: afterMs)
        case .dropped: return Answer(status: 200, afterMs: afterMs, isLost: true)
        case .errorAfter: return Answer(status: 500, afterMs: afterMs)
        case .fair, .dripped: break
        }
        let body = book.isGranted(order) ? "{\"granted\":true}" : "{\"granted\":false}"
        return Answer(
            status: 200, body: Array(body.utf8), afterMs: afterMs, isDripped: fate == .dripped)
    }

    private static func note(_ key: String, _ value: String) -> [UInt8] {
        var json = JSONWriter(reserving: 64)
        json.beginObject()
        json.key(key)
        json.string(value)
        json.endObject()
        return json.bytes
    }
}
