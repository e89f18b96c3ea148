import Wire

/// One blow of the delivery torture: when, what and for how long. All of it is drawn from the seed
/// beforehand.
struct DeliverFault: Sendable, Equatable, CustomStringConvertible {
    /// What a game does wrong.
    enum Trouble: String, Sendable, CaseIterable {
        case hangs = "hangs"
        case errs = "answers 5xx only"
        case errsAfter = "grants and answers 500"
        case drops = "grants and closes the connection"
        case throttles = "answers 429"
        case slow = "is slow"
        case drips = "drips"
        case gone = "answers 410"
        case refuses = "refuses connections"
    }

    enum Kind: Sendable, Hashable {
        case game(Int, Trouble)
        /// kill -9; the supervisor starts it again at once.
        case killDeliverer(Int)
        /// SIGSTOP for `lengthMs`.
        case stopDeliverer(Int)
        /// SIGTERM; another one is added in its place after `lengthMs`.
        case removeDeliverer(Int)
        /// The limit of a game, or nil: of all together, is so many percent of its own for `lengthMs`.
        case limit(Int?, percent: Int)
        case killReconciler
        /// kill -9; started again with its append-only file after `lengthMs`.
        case killRedis
        case stopRedis
        case cutRedis
        /// The broker closes its port for `lengthMs`; what it holds stays.
        case brokerDown
        case stopBroker
        // What follows loses data.
        case emptyRedis
        /// Redis starts again from its file as it was `lengthMs` ago.
        case rollBackRedis
        case wipeBroker
    }

    /// Falls when the games have read so many deliveries, or a while after the one before.
    let atDelivery: Int
    let kind: Kind
    /// 0 where a blow has no length.
    let lengthMs: Int

    var isLossy: Bool { Self.lossy.contains(kind) }

    /// Blows of one lane fall one after the other.
    enum Lane: Sendable { case free, stores, limits }

    var lane: Lane {
        switch kind {
        case .game, .killDeliverer, .stopDeliverer, .removeDeliverer: .free
        case .limit: .limits
        default: .stores
        }
    }

    static let lossy: [Kind] = [.emptyRedis, .rollBackRedis, .wipeBroker]
    private static let stores: [Kind] = [
        .killRedis, .brokerDown, .stopRedis, .stopBroker, .cutRedis, .killReconciler,
    ]

    /// What is counted in the table of blows.
    var label: String {
        switch kind {
        case .game(_, let trouble): "a game \(trouble.rawValue)"
        case .killDeliverer: "kill -9 of a deliverer"
        case .stopDeliverer: "a deliverer stopped and continued"
        case .removeDeliverer: "a deliverer removed and one added"
        case .limit: "a limit changed and changed back"
        case .killReconciler: "kill -9 of the reconciler"
        case .killRedis: "kill -9 of redis-server"
        case .stopRedis: "redis-server stopped and continued"
        case .cutRedis: "all connections to Redis cut"
        case .brokerDown: "broker down and up"
        case .stopBroker: "broker stopped and continued"
        case .emptyRedis: "Redis emptied"
        case .rollBackRedis: "Redis rolled back"
        case .wipeBroker: "broker wiped"
        }
    }

    var description: String {
        let words =
            switch kind {
            case .game(let slot, let trouble): "\(DeliverCampaign.names[slot]) \(trouble.rawValue)"
            case .killDeliverer(let index): "kill -9 of deliverer \(index)"
            case .stopDeliverer(let index): "deliverer \(index) stopped"
            case .removeDeliverer(let index): "deliverer \(index) removed"
            case .limit(let slot, let percent):
                "\(slot.map { "limit of " + DeliverCampaign.names[$0] } ?? "total limit") \(percent) %"
            default: label
            }
        return lengthMs > 0 ? "\(words), \(lengthMs) ms" : words
    }

    // MARK: - The schedule

    /// The blows of a run, in their order. Every kind falls before one falls again.
    static func schedule(_ scale: DeliverScale) -> [DeliverFault] {
        var random = SplitMix64(seed: splitMix64(scale.seed ^ 0x6465_6c69))
        // Some orders expire and are never sent; the last ones must come all the same.
        let whole = scale.orders * 85 / 100
        var faults: [DeliverFault] = []
        func place() -> Int { Int(random.next() % UInt64(whole)) }
        var games = Deck(Array(DeliverCampaign.names.indices))
        var troubles = Deck(Trouble.allCases)
        for _ in 0..<scale.gameBlows {
            let kind = Kind.game(games.draw(&random), troubles.draw(&random))
            faults.append(DeliverFault(atDelivery: place(), kind: kind, lengthMs: length(kind, &random)))
        }
        var deeds = Deck([0, 1, 2, 3, 0, 1, 2, 3])
        var crew = Deck(Array(0..<scale.deliverers))
        var limits = Deck<Int?>(DeliverCampaign.names.indices.map { $0 } + [nil])
        for _ in 0..<scale.crewBlows {
            let kind: Kind =
                switch deeds.draw(&random) {
                case 0: .killDeliverer(crew.draw(&random))
                case 1: .stopDeliverer(crew.draw(&random))
                case 2: .removeDeliverer(crew.draw(&random))
                default: .limit(limits.draw(&random), percent: 40 + Int(random.next() % 120))
                }
            faults.append(DeliverFault(atDelivery: place(), kind: kind, lengthMs: length(kind, &random)))
        }
        var stores = Deck(Self.stores)
        for _ in 0..<scale.storeBlows {
            let kind = stores.draw(&random)
            faults.append(DeliverFault(atDelivery: place(), kind: kind, lengthMs: length(kind, &random)))
        }
        var losses = Deck(Self.lossy)
        for index in 0..<scale.lossy {
            let kind = losses.draw(&random)
            faults.append(
                DeliverFault(
                    atDelivery: whole * (index + 1) / (scale.lossy + 1), kind: kind,
                    lengthMs: length(kind, &random)))
        }
        // By the number too, so that the order does not hang on how the sort treats equals.
        let places = faults.enumerated().sorted {
            ($0.element.atDelivery, $0.offset) < ($1.element.atDelivery, $1.offset)
        }
        return places.map(\.element)
    }

    private static func length(_ kind: Kind, _ random: inout SplitMix64) -> Int {
        switch kind {
        case .game: 500 + Int(random.next() % 3500)
        case .stopDeliverer: 500 + Int(random.next() % 4000)
        case .removeDeliverer: 500 + Int(random.next() % 3000)
        case .limit: 2000 + Int(random.next() % 4000)
        case .brokerDown, .stopBroker: 500 + Int(random.next() % 3000)
        case .stopRedis: 300 + Int(random.next() % 2000)
        case .killRedis: Int(random.next() % 1500)
        case .rollBackRedis: 800 + Int(random.next() % 600)
        default: 0
        }
    }

    /// Cards in a drawn order: every one before one comes again.
    private struct Deck<Card> {
        private let cards: [Card]
        private var left: [Card] = []

        init(_ cards: [Card]) { self.cards = cards }

        mutating func draw(_ random: inout SplitMix64) -> Card {
            if left.isEmpty { left = cards.shuffled(using: &random) }
            return left.removeLast()
        }
    }
}
