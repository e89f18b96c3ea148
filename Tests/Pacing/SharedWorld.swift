@testable import Pacing

/// Any number of deliverers on shares of the same limits, in simulated time: their consumer group, the board
/// in Redis between them, and games that may stall. Everything that can be late, lost or frozen may be.
///
/// At every change the sum of all shares is looked at; what the games read is kept for the law of windows.
final class SharedWorld {
    struct Game {
        var limit: PacingLimit
        var maxConcurrency: Int
        var partitions: Int
    }

    struct Stall {
        var game: Int
        var fromNs: UInt64
        var untilNs: UInt64
    }

    final class Deliverer {
        let id: UInt64
        var pacer: DeliveryPacer
        var isAlive = true
        var frozenUntilNs: UInt64 = 0
        /// Kafka does not hear it, and it does not hear Kafka.
        var isCutOff = false
        var hasLeft = false
        /// What its consumer's thread believes.
        var generation = 0
        var partitions: [SharePartition] = []
        var wake = 0

        init(id: UInt64, pacer: DeliveryPacer) {
            self.id = id
            self.pacer = pacer
        }
    }

    struct Redis {
        var board: [UInt64: LendEntry] = [:]
        var snapshot: [UInt64: LendEntry] = [:]
        var awayUntilNs: UInt64 = 0
        /// One reply in so many is lost, one call in so many is held up for seconds.
        var lossOneIn: UInt64 = .max
        var delayOneIn: UInt64 = .max
    }

    let games: [Game]
    let total: PacingLimit
    let shape: LimitShape
    var bits: SeededBits
    private(set) var nowNs: UInt64 = 10 * secondNs
    var deliverers: [Deliverer] = []
    var group = Group()
    var redis = Redis()
    var stalls: [Stall] = []
    /// Partitions that have something to send, a set a game.
    var loaded: [Set<Int>]
    var timeoutNs: UInt64 = 400 * msNs
    private(set) var reads: [[UInt64]]
    private(set) var sent: [(atNs: UInt64, game: Int)] = []
    /// What broke the law of sums, in words.
    private(set) var breaches: [String] = []
    private var queue = EventQueue()

    init(games: [Game], total: PacingLimit, seed: UInt64) {
        self.games = games
        self.total = total
        shape = LimitShape(
            games: games.map { .init(partitions: $0.partitions, perSecond: $0.limit.perSecond) })
        bits = SeededBits(seed)
        loaded = games.map { Set(0..<$0.partitions) }
        reads = games.map { _ in [] }
    }

    func at(_ timeNs: UInt64, _ action: @escaping () -> Void) {
        queue.add(max(timeNs, nowNs), action)
    }

    func after(_ delayNs: ClosedRange<UInt64>, _ action: @escaping () -> Void) {
        at(nowNs + bits.within(delayNs), action)
    }

    /// As something that happens in a deliverer: not while it stands still, not when it is dead.
    func after(_ delayNs: ClosedRange<UInt64>, in deliverer: Deliverer, _ action: @escaping () -> Void) {
        after(delayNs) { [self] in perform(deliverer, action) }
    }

    private func perform(_ deliverer: Deliverer, _ action: @escaping () -> Void) {
        guard deliverer.isAlive else { return }
        if deliverer.frozenUntilNs > nowNs {
            return at(deliverer.frozenUntilNs) { [self] in perform(deliverer, action) }
        }
        action()
        pump(deliverer)
    }

    func run(untilNs: UInt64) {
        while let next = queue.first, next <= untilNs {
            nowNs = max(nowNs, next)
            queue.takeFirst()()
        }
        nowNs = max(nowNs, untilNs)
    }

    // MARK: - Deliverers

    @discardableResult
    func join() -> Deliverer {
        let id = bits.next()
        let pacer = try? DeliveryPacer(
            total: total,
            games: games.map { .init(limit: $0.limit, maxConcurrency: $0.maxConcurrency) },
            shares: SharesSetup(instance: id, shape: shape), nowNs: nowNs)
        guard let pacer else { preconditionFailure("a pacer of the test's own limits") }
        let deliverer = Deliverer(id: id, pacer: pacer)
        deliverers.append(deliverer)
        joinGroup(deliverer)
        tick(deliverer)
        heartbeat(deliverer)
        return deliverer
    }

    func kill(_ deliverer: Deliverer) { deliverer.isAlive = false }

    func freeze(_ deliverer: Deliverer, forNs: UInt64) { deliverer.frozenUntilNs = nowNs + forNs }

    func load(_ sets: [Set<Int>]) {
        loaded = sets
        for deliverer in deliverers where deliverer.isAlive {
            perform(deliverer) { self.setDemand(deliverer) }
        }
    }

    func setDemand(_ deliverer: Deliverer) {
        for game in games.indices {
            let has = deliverer.partitions.contains {
                Int($0.game) == game && loaded[game].contains($0.index)
            }
            deliverer.pacer.setDemand(UInt8(game), has)
        }
    }

    private func tick(_ deliverer: Deliverer) {
        let periodNs = LimitShares.tickNs
        after((periodNs - 5 * msNs)...(periodNs + 5 * msNs), in: deliverer) { [self] in
            if let entry = deliverer.pacer.planLending(nowNs: nowNs) { write(entry, of: deliverer) }
            checkSums()
            tick(deliverer)
        }
    }

    private func pump(_ deliverer: Deliverer) {
        deliverer.wake += 1
        let wake = deliverer.wake
        while true {
            switch deliverer.pacer.next(nowNs: nowNs) {
            case .start(let permit):
                send(permit, of: deliverer)
                nowNs += 100
            case .wait(let untilNs):
                return at(max(untilNs, nowNs + 1) + bits.within(0...msNs)) { [self] in
                    if deliverer.wake == wake { perform(deliverer) {} }
                }
            case .idle: return
            }
        }
    }

    private func send(_ permit: Permit, of deliverer: Deliverer) {
        let game = Int(permit.game)
        sent.append((nowNs, game))
        var readNs = nowNs + bits.within((msNs / 2)...(10 * msNs))
        for stall in stalls where stall.game == game && readNs >= stall.fromNs && readNs < stall.untilNs {
            readNs = stall.untilNs
        }
        reads[game].append(readNs)
        let answeredNs = readNs + bits.within((msNs / 2)...(10 * msNs))
        let isLate = answeredNs > nowNs + timeoutNs
        let endNs = isLate ? nowNs + timeoutNs : answeredNs
        at(endNs) { [self] in
            perform(deliverer) { [self] in
                deliverer.pacer.finished(permit, isLate ? .timedOut : .succeeded, nowNs: nowNs)
            }
        }
    }

    // MARK: - The law of sums

    func checkSums() {
        guard breaches.count < 3 else { return }
        let living = deliverers.filter(\.isAlive).compactMap(\.pacer.shares)
        let shares = living.map { $0.limits.shares(nowNs: nowNs) }
        for resource in 0...games.count {
            let rate = shares.reduce(0) { $0 + $1[resource].rate }
            let slots = shares.reduce(0) { $0 + $1[resource].slots }
            let most = living.first?.limits.pools[resource].slots ?? 0
            if rate > LimitShare.whole { breaches.append("rate \(rate) of \(resource) at \(nowNs)") }
            if slots > most { breaches.append("\(slots) slots of \(resource) at \(nowNs)") }
            guard resource < games.count else { continue }
            let limit = games[resource].limit
            let splits = zip(living, shares).compactMap {
                BurstSplit($1[resource], of: limit, whole: $0.whole.games[resource])
            }
            let sum = splits.reduce(0) {
                $0 + $1.limit.perSecond + Double($1.gcraBurst + $1.slots + $1.startsPerReading)
            }
            let law = limit.perSecond + Double(max(limit.burst, 3))
            if sum > law + 1e-6 { breaches.append("\(sum) in a second of \(resource) at \(nowNs)") }
        }
    }
}

/// Actions by their times; those of the same time in the order in which they came. A binary heap.
struct EventQueue {
    private var items: [(timeNs: UInt64, number: Int, action: () -> Void)] = []
    private var count = 0

    var first: UInt64? { items.first?.timeNs }

    mutating func add(_ timeNs: UInt64, _ action: @escaping () -> Void) {
        count += 1
        items.append((timeNs, count, action))
        var at = items.count - 1
        while at > 0, isBefore(at, (at - 1) / 2) {
            items.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    mutating func takeFirst() -> () -> Void {
        items.swapAt(0, items.count - 1)
        let first = items.removeLast()
        var at = 0
        while true {
            var least = at
            for child in [at * 2 + 1, at * 2 + 2] where child < items.count && isBefore(child, least) {
                least = child
            }
            guard least != at else { return first.action }
            items.swapAt(at, least)
            at = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (items[a].timeNs, items[a].number) < (items[b].timeNs, items[b].number)
    }
}
