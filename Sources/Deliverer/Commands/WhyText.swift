import Catalog
import OrderStore
import Orders
import Wire

/// One paragraph on what an order is waiting for.
struct WhyText {
    let id: OrderID
    let look: OrderLook
    /// Of the instances that answered: what each has in memory of it.
    let places: [(instance: String, place: OrderPlace?)]
    /// The order's game over all instances; nil: not known which, or nobody answered.
    let game: GameStatus?
    let nowMs: Int64

    var text: String {
        ([standing] + attempt + memory + hindrances).joined(separator: " ")
    }

    private var name: String { "Order \(id.text)" }

    private func span(_ ms: Int64) -> String { Numbers.span(seconds: Double(ms) / 1000) }

    /// Where it stands, and since when.
    private var standing: String {
        let claimed = look.order.map { ", claimed \(span(max(0, nowMs - $0.claimedAtMs))) ago," } ?? ""
        let subject = name + (game.map { " of \($0.game)" } ?? "") + claimed
        switch look.state {
        case .none:
            return look.order == nil
                ? "\(subject) is not known: it was never accepted, or Redis has lost it."
                : "\(subject) has a claim and no state: its claim is being written this moment, or was torn."
        case .outbox: return "\(subject) waits in the outbox: Kafka has not acknowledged it to Claim yet."
        case .held: return "\(subject) is held: an operator must approve of it on Claim."
        case .queued: return "\(subject) is queued; no attempt was made."
        case .inFlight: return "\(subject) is in flight."
        case .retrying: return "\(subject) was not granted so far, and is tried again."
        case .unknown:
            return "\(subject) may or may not have been granted: the end of its last attempt is unknown. "
                + "The game is asked, or it is sent again under the same ID, where the game allows that."
        case .parked:
            return "\(subject) is parked: nobody can find out whether it was granted. A person has to say."
        case .delivered: return "\(subject) is delivered: there is nothing to wait for."
        case .rejected: return "\(subject) was rejected by the game for good; see the dead letters."
        case .expired: return "\(subject) has expired: its deadline passed before it was granted."
        case .voided: return "\(subject) is void: its coupon belongs to another order, or it was refused."
        }
    }

    private var attempt: [String] {
        guard !look.state.isClosed else { return [] }
        var parts = [String]()
        if look.order == nil, look.state != .none {
            parts.append("No coupon is bound to it: the next attempt binds it, or voids it.")
        }
        if let made = look.made, made > 0 {
            if look.state == .inFlight, let owner = look.owner, let left = look.deadlineInMs {
                let who = "instance \(String(decoding: Hex.encode(owner), as: UTF8.self))"
                parts.append(
                    left > 0
                        ? "Attempt \(made) belongs to \(who) for another \(span(left))."
                        : "Attempt \(made) of \(who) ended \(span(-left)) ago without a word: whoever reads "
                            + "it next finds it unknown.")
            } else {
                parts.append("Attempts made: \(made).")
            }
        }
        if let order = look.order {
            let left = order.deadlineMs - nowMs
            parts.append(
                left > 0 ? "It expires in \(span(left))." : "Its deadline passed \(span(-left)) ago.")
        }
        return parts
    }

    private var memory: [String] {
        guard !look.state.isClosed, look.state != .none, look.state != .held else { return [] }
        let held = places.compactMap { instance, place in place.map { (instance, $0) } }
        guard let (instance, place) = held.first else {
            guard !places.isEmpty else { return ["No Deliverer answers: nobody delivers it."] }
            let asked =
                places.count == 1 ? "The one Deliverer asked has" : "None of \(places.count) Deliverers has"
            let behind = game.map { " behind \(Numbers.count($0.backlog)) known ones" } ?? ""
            return ["\(asked) it in memory: it lies in Kafka\(behind), or in the retries topic."]
        }
        return ["Deliverer \(instance) has it: \(Self.words(place, span))."]
    }

    private static func words(_ place: OrderPlace, _ span: (Int64) -> String) -> String {
        let errand =
            switch place.errand {
            case "deliver": "its next attempt"
            case "ask": "asking the game about the last one"
            case "record": "writing its outcome to Kafka again"
            case "settle": "telling Redis again"
            case "shelve": "the retries topic"
            case "expire": "being closed as expired"
            case "look": "past its deadline: what became of its last attempt is being found out"
            default: place.errand
            }
        return switch place.phase {
        case "ready": "it waits for a permit for \(errand)"
        case "beginning": "Redis is asked whether it may go out"
        case "sending": "its request is with the game now"
        case "asking": "the game is being asked what became of it"
        case "recording": "its outcome is on its way to Kafka"
        case "settling": "its outcome is in Kafka, its state is being changed"
        case "sleeping": "it sleeps" + (place.waitMs.map { " for \(span($0))" } ?? "") + " until \(errand)"
        case "shelving": "it is on its way to the retries topic"
        default: place.phase
        }
    }

    /// What holds up its game.
    private var hindrances: [String] {
        guard !look.state.isClosed, let game else { return [] }
        var parts = [String]()
        if game.isPaused {
            let gate = game.gate.map {
                " by \($0.by) \(span(max(0, nowMs - $0.atMs))) ago (\($0.reason))"
            }
            parts.append("\(game.game) is paused\(gate ?? "").")
        }
        switch game.breaker {
        case .open: parts.append("\(game.game) fails, and its breaker is open.")
        case .halfOpen: parts.append("\(game.game) has failed, and is being probed.")
        case .closed: break
        }
        if let holdMs = game.holdMs {
            parts.append("\(game.game) wants to be left alone for \(span(holdMs)).")
        }
        if parts.isEmpty, game.backlog > 1 {
            let drain = game.drainSeconds.map { ", done in about \(Numbers.span(seconds: $0))" } ?? ""
            parts.append(
                "\(game.game) takes \(Numbers.rate(game.limit)) a second and has "
                    + "\(Numbers.count(game.backlog)) waiting\(drain).")
        }
        return parts
    }
}
