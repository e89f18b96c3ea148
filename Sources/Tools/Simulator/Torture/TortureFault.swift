import Wire

/// One blow against the house: what, when and for how long. All of it is drawn from the seed beforehand.
struct TortureFault: Sendable, Equatable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// kill -9; the supervisor starts it again at once.
        case killClaim(Int)
        case killReconciler
        /// kill -9; started again with its append-only file after `lengthMs`.
        case killRedis
        /// The broker closes its port for `lengthMs`; what it holds stays.
        case brokerDown
        /// SIGSTOP for `lengthMs`.
        case stopClaim(Int)
        case stopRedis
        case stopBroker
        /// Every connection of people is cut, whatever is on its way.
        case cutPeople
        /// Redis cuts every connection of its clients.
        case cutRedis
        // What follows loses data.
        /// FLUSHALL.
        case emptyRedis
        /// Redis starts again from its file as it was `lengthMs` ago.
        case rollBackRedis
        /// The broker forgets everything.
        case wipeBroker
    }

    /// Falls when so many attempts have been begun.
    let atAttempt: Int
    let kind: Kind
    /// 0 where a blow has no length.
    let lengthMs: Int

    var isLossy: Bool { Self.lossy.contains(kind) }

    static let lossy: [Kind] = [.emptyRedis, .rollBackRedis, .wipeBroker]
    static let mild: [Kind] = [
        .killClaim(0), .killClaim(1), .stopClaim(0), .stopClaim(1), .brokerDown, .stopRedis, .stopBroker,
        .cutPeople, .cutRedis, .killRedis, .killReconciler, .cutPeople, .killClaim(0), .brokerDown,
    ]

    var description: String {
        let words =
            switch kind {
            case .killClaim(let index): "kill -9 of claim \(index)"
            case .killReconciler: "kill -9 of reconciler"
            case .killRedis: "kill -9 of redis-server, back with its file after"
            case .brokerDown: "broker down for"
            case .stopClaim(let index): "claim \(index) stopped for"
            case .stopRedis: "redis-server stopped for"
            case .stopBroker: "broker stopped for"
            case .cutPeople: "all connections of people cut"
            case .cutRedis: "all connections to Redis cut"
            case .emptyRedis: "Redis emptied"
            case .rollBackRedis: "Redis rolled back by"
            case .wipeBroker: "broker wiped"
            }
        return lengthMs > 0 ? "\(words) \(lengthMs) ms" : words
    }

    /// The blows of a run, in their order: in each round some that lose nothing, then one that does.
    ///
    /// Every kind falls before one falls again. The last part of the run has no lossy one.
    static func schedule(seed: UInt64, attempts: Int, lossy rounds: Int, mild count: Int) -> [TortureFault] {
        var random = SplitMix64(seed: splitMix64(seed ^ 0x626c_6f77))
        var mildDeck: [Kind] = []
        var lossyDeck: [Kind] = []
        func draw(_ deck: inout [Kind], of kinds: [Kind]) -> Kind {
            if deck.isEmpty { deck = kinds.shuffled(using: &random) }
            return deck.removeLast()
        }
        var faults: [TortureFault] = []
        let parts = rounds + 1
        for part in 0..<parts {
            let (start, end) = (attempts * part / parts, attempts * (part + 1) / parts)
            let mine = count * (part + 1) / parts - count * part / parts
            // Not in the last tenth: the lossy blow finds a house that works.
            let room = max(1, (end - start) * 9 / 10)
            let places = (0..<mine).map { _ in start + Int(random.next() % UInt64(room)) }.sorted()
            for place in places {
                let kind = draw(&mildDeck, of: mild)
                faults.append(
                    TortureFault(atAttempt: place, kind: kind, lengthMs: length(kind, &random)))
            }
            if part < rounds {
                let kind = draw(&lossyDeck, of: lossy)
                faults.append(TortureFault(atAttempt: end, kind: kind, lengthMs: length(kind, &random)))
            }
        }
        return faults
    }

    private static func length(_ kind: Kind, _ random: inout SplitMix64) -> Int {
        switch kind {
        case .stopClaim, .brokerDown, .stopBroker: 500 + Int(random.next() % 4000)
        case .stopRedis: 300 + Int(random.next() % 2500)
        case .killRedis: Int(random.next() % 1500)
        case .rollBackRedis: 800 + Int(random.next() % 600)
        default: 0
        }
    }
}
