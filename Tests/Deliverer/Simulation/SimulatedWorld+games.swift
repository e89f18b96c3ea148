import Catalog
import HTTPClient
import Orders
import Pacing

@testable import Deliverer

/// The games: what they read, what they grant, and what of it the deliverer hears.
extension SimulatedWorld {
    private enum Answer {
        case status(Int, retryAfterS: Int64?)
        case broken
        case silence
    }

    private mutating func newRequest() -> Int {
        requests += 1
        pending.insert(requests)
        return requests
    }

    /// A request's end; the first one counts.
    private mutating func ends(
        _ request: Int, _ slot: Int, inMs ms: Double, _ told: @escaping (inout SimulatedWorld) -> Void
    ) {
        reaches(slot, inMs: ms) { if $0.pending.remove(request) != nil { told(&$0) } }
    }

    private mutating func answered(
        _ request: Int, _ slot: Int, _ ref: ParcelRef, inMs ms: Double, _ outcome: HTTPClientOutcome
    ) {
        ends(request, slot, inMs: ms) { $0.deliverers[slot].engine.answered(ref, outcome, $0.moment) }
    }

    private mutating func told(
        _ request: Int, _ slot: Int, _ ref: ParcelRef, inMs ms: Double, _ told: Told
    ) {
        ends(request, slot, inMs: ms) { $0.deliverers[slot].engine.told(ref, told, $0.moment) }
    }

    private static func failure(_ kind: HTTPClientFailure.Kind) -> HTTPClientFailure {
        HTTPClientFailure(kind: kind, code: 0, message: "\(kind)")
    }

    // MARK: - Deliveries

    mutating func send(_ slot: Int, _ ref: ParcelRef, _ order: Order, _ game: UInt8) {
        let number = Int(order.id.sequence)
        let request = newRequest()
        checkSend(number)
        if plan.mood(game, atMs: sinceMs) == .down {
            return answered(request, slot, ref, inMs: 1, .neverLeft(Self.failure(.refused)))
        }
        orders[number].lastRequest = request
        orders[number].isOpenQuestion = true
        orders[number].unread += 1
        let timeoutMs = Double(catalog.games[Int(game)].requestTimeoutMs)
        let sentMs = sinceMs
        let comesMs = sentMs + 1 + 2 * share(number)
        let readMs = plan.readMs(game, atMs: comesMs, spread: 40 * share(number))
        let latencyMs = 3 + 15 * share(number)
        let luck = share(number)
        happens(inMs: readMs - sentMs) { world in
            let answer = world.reads(number, game, luck, isHeldUp: readMs > comesMs)
            let answerMs = world.sinceMs - sentMs + latencyMs
            guard answerMs < timeoutMs else { return }
            switch answer {
            case .silence: break
            case .broken:
                world.answered(
                    request, slot, ref, inMs: latencyMs, .mayHaveLeft(Self.failure(.broken)))
            case .status(let status, let retryAfterS):
                world.ends(request, slot, inMs: latencyMs) { world in
                    if status < 500, world.orders[number].unread == 0,
                        world.orders[number].lastRequest == request
                    {
                        world.orders[number].isOpenQuestion = false
                    }
                    let response = HTTPClientResponse(
                        status: status, retryAfterS: retryAfterS, body: [], isTruncated: false)
                    world.deliverers[slot].engine.answered(ref, .answered(response), world.moment)
                }
            }
        }
        answered(request, slot, ref, inMs: timeoutMs, .mayHaveLeft(Self.failure(.timedOut)))
    }

    /// A game reads a delivery.
    private mutating func reads(
        _ number: Int, _ game: UInt8, _ luck: Double, isHeldUp: Bool
    ) -> Answer {
        orders[number].unread -= 1
        count(game, isHeldUp: isHeldUp)
        let isKnown = orders[number].grants > 0 && catalog.games[Int(game)].idempotent
        switch plan.mood(game, atMs: sinceMs) {
        case .erring:
            if luck < 0.2 { grant(number) }
            return .status(500, retryAfterS: nil)
        case .throttling: return .status(429, retryAfterS: luck < 0.5 ? 1 : nil)
        case .dropping:
            if grantsWhileDropping { grant(number) }
            return .broken
        case .dripping:
            grant(number)
            return .silence
        case .hung, .down, nil: break
        }
        if luck < plan.errors {
            if luck < plan.errors / 3 { grant(number) }
            return .status(500, retryAfterS: nil)
        }
        if luck < plan.errors + plan.drops {
            grant(number)
            return .broken
        }
        if luck < plan.errors + plan.drops + plan.drips {
            if luck < plan.errors + plan.drops + plan.drips / 2 { grant(number) }
            return .silence
        }
        if orders[number].isRefused { return .status(400, retryAfterS: nil) }
        grant(number)
        return .status(isKnown ? 409 : 200, retryAfterS: nil)
    }

    private mutating func grant(_ number: Int) {
        let entry = orders[number]
        if entry.isRefused { return }
        if entry.grants > 0, catalog.games[Int(entry.game)].idempotent { return }
        orders[number].grants += 1
        note("order \(number) granted")
        checkGrant(number)
    }

    // MARK: - Queries

    mutating func ask(_ slot: Int, _ ref: ParcelRef, _ order: OrderID, _ game: UInt8) {
        let number = Int(order.sequence)
        let request = newRequest()
        if plan.mood(game, atMs: sinceMs) == .down {
            return told(request, slot, ref, inMs: 1, .nothing(reason: "refused", .neverLeft))
        }
        let timeoutMs = Double(catalog.games[Int(game)].requestTimeoutMs)
        let sentMs = sinceMs
        let comesMs = sentMs + 1 + 2 * share(number)
        let readMs = plan.readMs(game, atMs: comesMs, spread: 40 * share(number))
        let latencyMs = 3 + 15 * share(number)
        happens(inMs: readMs - sentMs) { world in
            world.count(game, isHeldUp: readMs > comesMs)
            let answer: Told
            switch world.plan.mood(game, atMs: world.sinceMs) {
            case .erring: answer = .nothing(reason: "500", .failed)
            case .throttling: answer = .nothing(reason: "429", .throttled(retryAfterNs: 1_000_000_000))
            case .dropping: answer = .nothing(reason: "broken", .lost)
            case .dripping: return
            case .hung, .down, nil: answer = world.orders[number].grants > 0 ? .granted : .notGranted
            }
            guard world.sinceMs - sentMs + latencyMs < timeoutMs else { return }
            world.ends(request, slot, inMs: latencyMs) { world in
                if answer == .notGranted, world.orders[number].unread == 0 {
                    world.orders[number].isOpenQuestion = false
                }
                world.deliverers[slot].engine.told(ref, answer, world.moment)
            }
        }
        told(request, slot, ref, inMs: timeoutMs, .nothing(reason: "late", .timedOut))
    }
}
