import Orders

/// Holds three books against each other: what the games granted, what Kafka tells, and where Redis has every
/// order. Pure.
struct DeliverAudit: Sendable {
    /// How the house behaved besides.
    struct House: Sendable {
        var isDrained: Bool
        /// Deliverers that did not end with 0 after SIGTERM.
        var badEnds: [String]
        /// Verifications that found something wrong.
        var unclean: Int
    }

    /// One order in all three books.
    struct Entry: Sendable {
        var id: OrderID
        var order: DeliverFill.Accepted
        var grants: Int
        var rejections: Int
        var afterGrant: Int
        var facts: DeliverStores.Facts
        var state: OrderState

        var kind: DeliverCampaign.Kind { DeliverCampaign.kinds[order.game] }
        var isToldGranted: Bool { !facts.outcomes.isDisjoint(with: [.granted, .alreadyGranted]) }

        /// For people who look into it.
        var text: String {
            let outcomes = facts.outcomes.map(\.rawValue).sorted().joined(separator: "+")
            return "\(id.text) (\(DeliverCampaign.names[order.game]), \(kind.rawValue)): \(state.name), "
                + "granted \(grants) times, \(afterGrant) requests after that, Kafka says "
                + (outcomes.isEmpty ? "nothing" : outcomes) + (facts.isDead ? ", dead" : "")
        }
    }

    static let maxExamples = 8

    private(set) var lines: [TortureAudit.Line] = []
    /// Orders that break a statement, some of each.
    private(set) var examples: [String] = []
    /// Orders by the state that Redis has them in.
    private(set) var classes: [OrderState: Int] = [:]
    private(set) var windows: [DeliverGames.Window]
    /// For information: parked ones, and how many of these their games granted.
    private(set) var parkedAndGranted = 0
    private(set) var poison = 0

    var isClean: Bool { lines.allSatisfy(\.holds) }

    init(
        _ orders: [OrderID: DeliverFill.Accepted], grants: [GrantLine], holdings: DeliverStores.Holdings,
        windows: [DeliverGames.Window], house: House
    ) {
        self.windows = windows
        poison = holdings.poison
        let granted = Dictionary(grants.map { ($0.order, $0) }) { first, _ in first }
        let entries = orders.sorted { $0.key < $1.key }.map { id, order in
            Entry(
                id: id, order: order, grants: granted[id]?.count ?? 0,
                rejections: granted[id]?.rejections ?? 0, afterGrant: granted[id]?.afterGrant ?? 0,
                facts: holdings.facts[id] ?? .init(), state: holdings.states[id] ?? .none)
        }
        for entry in entries { classes[entry.state, default: 0] += 1 }
        sayLedger(entries, house)
        sayGrants(entries, grants, orders)
        sayClasses(entries)
        sayWindows(windows)
        say("every verification found nothing wrong", "\(house.unclean) did", house.unclean == 0)
        say(
            "every deliverer left in good order when told to",
            house.badEnds.isEmpty ? "all" : house.badEnds.joined(separator: "; "), house.badEnds.isEmpty)
        say(
            "every record of .outcomes and .dead can be read", "\(holdings.unreadable) cannot",
            holdings.unreadable == 0)
    }

    // MARK: - Statements

    private mutating func say(_ statement: String, _ found: String, _ holds: Bool) {
        lines.append(TortureAudit.Line(statement: statement, found: found, holds: holds))
    }

    /// A statement that no order may break.
    private mutating func none(
        _ entries: [Entry], _ statement: String, _ found: String = "orders do", _ breaks: (Entry) -> Bool
    ) {
        let bad = entries.filter(breaks)
        say(statement, "\(bad.count) \(found)", bad.isEmpty)
        examples += bad.prefix(Self.maxExamples).map { "\(statement): \($0.text)" }
    }

    private mutating func sayLedger(_ entries: [Entry], _ house: House) {
        let ends: [OrderState] = [.delivered, .rejected, .expired, .voided, .parked]
        let counts = ends.map { classes[$0] ?? 0 }
        let sum = counts.reduce(0, +)
        let words = zip(ends, counts).filter { $1 > 0 }.map { "\($1.grouped) \($0.name)" }
        say(
            "the ledger adds up: every order stands in one class",
            "\(words.joined(separator: " + ")) = \(sum.grouped) of \(entries.count.grouped)",
            sum == entries.count && house.isDrained)
        examples += entries.filter { !ends.contains($0.state) }.prefix(Self.maxExamples)
            .map { "open: \($0.text)" }
    }

    private mutating func sayGrants(
        _ entries: [Entry], _ grants: [GrantLine], _ orders: [OrderID: DeliverFill.Accepted]
    ) {
        none(entries, "delivered: granted exactly once at its game", "were not") {
            $0.state == .delivered && $0.grants != 1
        }
        none(entries, "no order was granted twice", "were") { $0.grants > 1 }
        none(entries, "no request after a grant at a game that would grant again", "orders had one") {
            !$0.kind.isIdempotent && $0.afterGrant > 0
        }
        none(entries, "rejected, expired or voided: granted by nobody", "were granted") {
            $0.state.isClosed && $0.state != .delivered && $0.grants > 0
        }
        let strange = grants.count { orders[$0.order] == nil }
        say("games know of no order that was not accepted", "\(strange) strangers", strange == 0)
    }

    private mutating func sayClasses(_ entries: [Entry]) {
        parkedAndGranted = entries.count { $0.state == .parked && $0.grants > 0 }
        none(entries, "Kafka and Redis say the same of who was granted", "differ") {
            $0.isToldGranted != ($0.state == .delivered)
        }
        none(entries, "rejected: refused by its game, in .outcomes and in .dead", "are not") {
            $0.state == .rejected
                && ($0.rejections == 0 || !$0.facts.outcomes.contains(.rejected) || !$0.facts.isDead)
        }
        none(entries, "rejected: only roles that are not the person's, and none of these granted", "others") {
            $0.order.isMisaddressed ? $0.grants > 0 : $0.state == .rejected
        }
        none(entries, "expired: only past a short deadline, in .outcomes and in .dead", "are not") {
            $0.state == .expired
                && (!$0.order.isShort || !$0.facts.outcomes.contains(.expired) || !$0.facts.isDead)
        }
        none(entries, "parked: only where the game can neither be asked nor sent again", "others") {
            $0.state == .parked
                && ($0.kind.hasQuery || $0.kind.isIdempotent && !$0.order.isShort
                    || !$0.facts.outcomes.contains(.parked))
        }
    }

    private mutating func sayWindows(_ windows: [DeliverGames.Window]) {
        let over = windows.filter { $0.windowsOver > 0 }
        let words = over.map { "\($0.name) \($0.windowsOver) times, by \(Int($0.highestOver.rounded(.up)))" }
        say(
            "no second over limit + burst, each game and in total",
            over.isEmpty ? "none" : words.joined(separator: "; "), over.isEmpty)
    }
}
