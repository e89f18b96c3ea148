import Foundation
import Testing

@testable import Pacing

@Suite("Shares of limits")
struct LimitSharesTests {
    static func limit(_ perSecond: Double, _ burst: Int) throws -> PacingLimit {
        try PacingLimit(perSecond: perSecond, burst: burst)
    }

    static func world(_ seed: UInt64) throws -> SharedWorld {
        SharedWorld(
            games: [
                .init(limit: try limit(40, 30), maxConcurrency: 24, partitions: 7),
                .init(limit: try limit(12, 12), maxConcurrency: 5, partitions: 5),
            ],
            total: try limit(45, 45), seed: seed)
    }

    /// Faults of every kind, at random times.
    static func torment(_ world: SharedWorld, untilNs: UInt64) {
        world.redis.lossOneIn = world.bits.oneIn(2) ? 10 : .max
        world.redis.delayOneIn = world.bits.oneIn(2) ? 12 : .max
        world.keepSnapshots()
        var timeNs = world.nowNs + 3 * secondNs
        while timeNs < untilNs {
            timeNs += world.bits.within((200 * msNs)...(3 * secondNs))
            let kind = world.bits.next() % 11
            let pick = world.bits.next()
            let lengthNs = world.bits.within((100 * msNs)...(9 * secondNs))
            world.at(timeNs) { [world] in strike(world, kind, pick, lengthNs) }
        }
    }

    private static func strike(_ world: SharedWorld, _ kind: UInt64, _ pick: UInt64, _ lengthNs: UInt64) {
        let living = world.deliverers.filter(\.isAlive)
        let one = living.isEmpty ? nil : living[Int(pick % UInt64(living.count))]
        switch kind {
        case 0, 1: if living.count < 5 { world.join() }
        case 2: if let one, living.count > 1 { world.kill(one) }
        case 3, 4: if let one { world.freeze(one, forNs: lengthNs) }
        case 5:
            guard let one else { return }
            one.isCutOff.toggle()
        case 6: if let one, living.count > 1 { world.leave(one) }
        case 7: world.redis.awayUntilNs = world.nowNs + lengthNs / 3
        case 8: world.rollBack(pick % 3 == 0)
        case 9:
            world.load(
                world.games.map { game in
                    Set((0..<game.partitions).filter { (pick >> UInt64($0)) & 1 == 1 })
                })
        default:
            let untilNs = world.nowNs + lengthNs / 2
            let game = Int(pick % UInt64(world.games.count))
            world.stalls.append(.init(game: game, fromNs: world.nowNs, untilNs: untilNs))
        }
    }

    static func expectLaw(_ world: SharedWorld, _ seed: UInt64) {
        #expect(world.breaches.isEmpty, "seed \(seed): \(world.breaches)")
        for (game, reads) in world.reads.enumerated() {
            let limit = world.games[game].limit
            let most = mostInOneSecond(reads)
            #expect(most <= Int(limit.perSecond) + limit.burst, "seed \(seed), game \(game)")
        }
        // The proof would be worth little if nothing were sent.
        let least = Double(world.nowNs - 10 * secondNs) / 1e9 * world.games[0].limit.perSecond / 20
        #expect(Double(world.sent.count) >= least, "seed \(seed)")
        let most = mostInOneSecond(world.reads.flatMap { $0 })
        #expect(most <= Int(world.total.perSecond) + world.total.burst, "seed \(seed), total")
    }

    /// Worlds a test case, at most ten; `HONGBAO_WORLDS=10` has all of them, which takes a debug build a
    /// while.
    static let seeds = min(
        10, ProcessInfo.processInfo.environment["HONGBAO_WORLDS"].flatMap { UInt64($0) } ?? 1)

    @Test("promise 6: whatever happens to deliverers, group and Redis, the sums hold", arguments: 0..<20)
    func sums(block: UInt64) throws {
        for seed in (block * 10)..<(block * 10 + Self.seeds) {
            let world = try Self.world(seed)
            for _ in 0..<(1 + seed % 4) { world.join() }
            let untilNs = world.nowNs + 25 * secondNs
            Self.torment(world, untilNs: untilNs)
            world.run(untilNs: untilNs)
            Self.expectLaw(world, seed)
        }
    }
}

/// That the shares are also used.
@Suite("Shares of limits, in use")
struct LimitShareUseTests {
    private static func world(
        _ seed: UInt64, perSecond: Double = 200, burst: Int = 120, partitions: Int = 9
    ) throws -> SharedWorld {
        SharedWorld(
            games: [
                .init(
                    limit: try LimitSharesTests.limit(perSecond, burst), maxConcurrency: 60,
                    partitions: partitions),
                .init(limit: try LimitSharesTests.limit(20, 20), maxConcurrency: 10, partitions: partitions),
            ],
            total: try LimitSharesTests.limit(perSecond + 20, burst + 40), seed: seed)
    }

    /// What was sent of a game in that time ÷ what its limit allows.
    private static func used(_ world: SharedWorld, _ game: Int, _ fromNs: UInt64, _ untilNs: UInt64) -> Double
    {
        let count = world.sent.filter { $0.game == game && $0.atNs >= fromNs && $0.atNs < untilNs }.count
        return Double(count) / (world.games[game].limit.perSecond * Double(untilNs - fromNs) / 1e9)
    }

    /// Only the partitions of that deliverer have anything to send.
    private static func loadOnly(_ deliverer: SharedWorld.Deliverer, _ world: SharedWorld) {
        world.load(
            world.games.indices.map { game in
                Set(deliverer.partitions.filter { Int($0.game) == game }.map(\.index))
            })
    }

    @Test("a lopsided backlog still uses the limit: at least 90 %", arguments: 0..<6)
    func lopsided(seed: UInt64) throws {
        let world = try Self.world(seed)
        for _ in 0..<3 { world.join() }
        world.load([[], []])
        world.run(untilNs: world.nowNs + 10 * secondNs)
        Self.loadOnly(world.deliverers[Int(seed % 3)], world)
        let fromNs = world.nowNs + 4 * secondNs
        world.run(untilNs: fromNs + 10 * secondNs)
        for game in 0..<2 {
            let used = Self.used(world, game, fromNs, world.nowNs)
            #expect(used >= 0.9 && used <= 1.01, "seed \(seed), game \(game): \(used)")
        }
        LimitSharesTests.expectLaw(world, seed)
    }

    @Test("with all loaded, all shares together use the limit", arguments: 0..<3)
    func level(seed: UInt64) throws {
        let world = try Self.world(seed)
        for _ in 0..<(2 + seed) { world.join() }
        world.run(untilNs: world.nowNs + 14 * secondNs)
        let fromNs = world.nowNs
        world.run(untilNs: fromNs + 8 * secondNs)
        for game in 0..<2 {
            let used = Self.used(world, game, fromNs, world.nowNs)
            #expect(used >= 0.95 && used <= 1.01, "game \(game): \(used)")
        }
        LimitSharesTests.expectLaw(world, seed)
    }

    @Test("after a kill the limit is used again within session, right and two loans", arguments: 0..<6)
    func killed(seed: UInt64) throws {
        let world = try Self.world(seed)
        for _ in 0..<3 { world.join() }
        world.run(untilNs: world.nowNs + 14 * secondNs)
        world.kill(world.deliverers[Int(seed % 3)])
        // The rebalance itself is the broker's: each member learns of it with its next heartbeat.
        let rebalanceNs = secondNs
        let fromNs =
            world.nowNs + SharedWorld.sessionNs + rebalanceNs + LimitShares.rightNs + 2 * LimitShares.loanNs
        world.run(untilNs: fromNs + 6 * secondNs)
        for game in 0..<2 {
            let used = Self.used(world, game, fromNs, world.nowNs)
            #expect(used >= 0.95, "seed \(seed), game \(game): \(used)")
        }
        LimitSharesTests.expectLaw(world, seed)
    }

    @Test("Redis away: own shares only, within a loan and a tick")
    func redisAway() throws {
        let world = try Self.world(7)
        for _ in 0..<3 { world.join() }
        world.load([[], []])
        world.run(untilNs: world.nowNs + 10 * secondNs)
        Self.loadOnly(world.deliverers[0], world)
        world.run(untilNs: world.nowNs + 6 * secondNs)
        world.redis.awayUntilNs = .max
        world.run(untilNs: world.nowNs + 3 * secondNs)
        let fromNs = world.nowNs
        world.run(untilNs: fromNs + 5 * secondNs)
        let used = Self.used(world, 0, fromNs, world.nowNs)
        #expect(used > 0.3 && used < 0.36, "\(used)")
        world.redis.awayUntilNs = 0
        world.run(untilNs: world.nowNs + 5 * secondNs)
        let againNs = world.nowNs
        world.run(untilNs: againNs + 5 * secondNs)
        #expect(Self.used(world, 0, againNs, world.nowNs) >= 0.9)
    }

    @Test("limits of a few requests are used too, whoever has the backlog", arguments: [false, true])
    func tiny(isLevel: Bool) throws {
        for (perSecond, burst) in [(5.0, 3), (10, 4), (2, 3), (1, 1), (30, 6)] {
            let world = SharedWorld(
                games: [
                    .init(
                        limit: try LimitSharesTests.limit(perSecond, burst), maxConcurrency: 8, partitions: 6)
                ],
                total: try LimitSharesTests.limit(100, 40), seed: 3)
            for _ in 0..<3 { world.join() }
            world.load([[]])
            world.run(untilNs: world.nowNs + 10 * secondNs)
            if isLevel { world.load([Set(0..<6)]) } else { Self.loadOnly(world.deliverers[1], world) }
            let fromNs = world.nowNs + 6 * secondNs
            world.run(untilNs: fromNs + 20 * secondNs)
            let used = Self.used(world, 0, fromNs, world.nowNs)
            #expect(used >= (isLevel ? 0.5 : 0.9), "\(perSecond)/s, burst \(burst): \(used)")
            #expect(world.breaches.isEmpty, "\(world.breaches)")
            #expect(mostInOneSecond(world.reads[0]) <= Int(perSecond) + max(3, burst))
        }
    }
}
