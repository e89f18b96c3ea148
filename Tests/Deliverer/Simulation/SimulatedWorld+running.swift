import Catalog
import Orders
import Pacing
import Wire

@testable import Deliverer

/// Processes come and go here, and time passes.
extension SimulatedWorld {
    /// A new process. Its limits are what it owns of them by its partitions, and what it borrows.
    mutating func newEngine() -> DeliveryEngine {
        func limit(_ rate: RateLimit) throws(PacingFault) -> PacingLimit {
            try PacingLimit(perSecond: rate.perSecond, burst: rate.burst)
        }
        do {
            var options = DeliveryPacer.Options()
            options.inheritsGhosts = plan.inheritsGhosts
            let pacer = try DeliveryPacer(
                total: limit(catalog.campaign.totalLimit),
                games: catalog.games.map {
                    DeliveryPacer.Game(limit: try limit($0.limit), maxConcurrency: $0.maxConcurrency)
                }, options: options,
                shares: SharesSetup(instance: random.next() | 1, shape: DelivererService.shape(catalog)),
                nowNs: nowNs)
            var engine = DeliveryEngine(
                catalog: catalog, owner: random.next() | 1, options: EngineOptions(), seed: random.next(),
                pacer: pacer)
            for (number, partition) in partitions.enumerated() {
                let known = engine.partition(topic: partition.topic, number: partition.number)
                precondition(known == number)
            }
            return engine
        } catch {
            fatalError("\(error)")
        }
    }

    /// Runs until every order has ended and every record is behind a commit. Returns whether that came.
    mutating func run() -> Bool {
        planFaults()
        rebalance()
        for slot in deliverers.indices { lives(slot) }
        var steps = 0
        while open > 0 || lag > 0 {
            guard violations.isEmpty, let event = events.next() else { return false }
            nowNs = max(nowNs, event.ns)
            steps += 1
            guard steps < Self.mostSteps, sinceMs < Self.mostMs else { return false }
            switch event.what {
            case .happens(let act): act(&self)
            case .tick(let slot, let life):
                guard deliverers[slot].isAlive, deliverers[slot].life == life else { continue }
                if event.ns >= deliverers[slot].plannedNs { deliverers[slot].plannedNs = .max }
                if !deliverers[slot].isFrozen { turn(slot) }
            case .reaches(let slot, let life, let act):
                guard deliverers[slot].isAlive, deliverers[slot].life == life else { continue }
                if deliverers[slot].isFrozen {
                    deliverers[slot].held.append(act)
                } else {
                    act(&self)
                    turn(slot)
                }
            }
        }
        return true
    }

    /// Does what the engine has decided and lets it look at the clock, as the loop does.
    mutating func turn(_ slot: Int) {
        perform(slot)
        while true {
            let next = deliverers[slot].engine.tick(moment)
            perform(slot)
            switch next {
            case .atOnce: nowNs += 100
            case .at(let ns):
                let atNs = max(ns, nowNs + 1)
                if atNs < deliverers[slot].plannedNs {
                    deliverers[slot].plannedNs = atNs
                    events.plan(atNs: atNs, .tick(slot, life: deliverers[slot].life))
                }
                return
            case .onEvent: return
            }
        }
    }

    private mutating func planFaults() {
        for (slot, atMs, restartMs) in plan.crashes {
            happens(inMs: atMs) { $0.crash(slot, restartMs: restartMs) }
        }
        for (slot, atMs, forMs) in plan.freezes { happens(inMs: atMs) { $0.freeze(slot, forMs: forMs) } }
        for (slot, atMs, forMs) in plan.cuts { happens(inMs: atMs) { $0.cut(slot, forMs: forMs) } }
        for (atMs, isEmptied) in plan.rollbacks {
            happens(inMs: atMs) { $0.board = isEmptied ? [:] : $0.boardBefore }
        }
        if !plan.rollbacks.isEmpty { keepBoard() }
        for (slot, atMs) in plan.joins { happens(inMs: atMs) { $0.join(slot) } }
        for (slot, atMs) in plan.leaves { happens(inMs: atMs) { $0.leave(slot) } }
    }

    private mutating func crash(_ slot: Int, restartMs: Double) {
        note("\(slot) is killed")
        deliverers[slot].life += 1
        deliverers[slot].isAlive = false
        deliverers[slot].held = []
        let life = deliverers[slot].life
        happens(inMs: Self.sessionMs) { world in
            // A place that is alive again has joined as a new member.
            if world.deliverers[slot].life == life, !world.deliverers[slot].isAlive { world.leave(slot) }
        }
        happens(inMs: restartMs) { world in
            let engine = world.newEngine()
            world.deliverers[slot].engine = engine
            world.deliverers[slot].isAlive = true
            world.deliverers[slot].plannedNs = .max
            world.deliverers[slot].assigned = []
            world.lives(slot)
            world.join(slot)
        }
    }

    /// What a process does by itself, from its start on.
    private mutating func lives(_ slot: Int) {
        beat(slot)
        lend(slot)
    }

    private mutating func cut(_ slot: Int, forMs: Double) {
        note("\(slot) is cut off")
        deliverers[slot].isCut = true
        happens(inMs: Self.sessionMs) { if $0.deliverers[slot].isCut { $0.leave(slot) } }
        happens(inMs: forMs) { world in
            world.note("\(slot) hears again")
            world.deliverers[slot].isCut = false
            world.join(slot)
        }
    }

    private mutating func freeze(_ slot: Int, forMs: Double) {
        guard deliverers[slot].isAlive, !deliverers[slot].isFrozen else { return }
        note("\(slot) is frozen")
        deliverers[slot].isFrozen = true
        happens(inMs: Self.sessionMs) { if $0.deliverers[slot].isFrozen { $0.leave(slot) } }
        happens(inMs: forMs) { $0.thaw(slot) }
    }

    /// All that came in the meantime is found at once.
    private mutating func thaw(_ slot: Int) {
        note("\(slot) goes on")
        deliverers[slot].isFrozen = false
        let held = deliverers[slot].held
        deliverers[slot].held = []
        for act in held {
            nowNs += 1_000
            act(&self)
            turn(slot)
        }
        turn(slot)
        if !members.contains(slot) { happens(inMs: 200) { $0.join(slot) } }
    }

    private mutating func join(_ slot: Int) {
        if !members.contains(slot) { members.append(slot) }
        rebalance()
    }

    /// The last member stays: somebody has to drain the world.
    private mutating func leave(_ slot: Int) {
        guard members.contains(slot), members.count > 1 else { return }
        members.removeAll { $0 == slot }
        rebalance()
    }
}
