import Orders
import Pacing

@testable import Deliverer

/// The broker: a log a partition, one group with generations, committed offsets.
extension SimulatedWorld {
    /// A new generation: everything is divided again among the members, who hear of it each at its time.
    mutating func rebalance() {
        epoch += 1
        let generation = epoch
        let turns = members.sorted()
        for number in partitions.indices {
            partitions[number].owner = nil
            if !turns.isEmpty { partitions[number].owner = turns[(number + generation) % turns.count] }
            partitions[number].read = partitions[number].committed
            partitions[number].credits = 0
        }
        for slot in deliverers.indices where deliverers[slot].isAlive {
            let mine = partitions.indices.filter { partitions[$0].owner == slot }
            reaches(slot, inMs: 1 + Double((random.next() as UInt64) % 50)) {
                $0.assign(slot, mine, generation)
            }
        }
    }

    private mutating func assign(_ slot: Int, _ mine: [Int], _ generation: Int) {
        guard generation > deliverers[slot].epoch, !deliverers[slot].isCut else { return }
        note("\(slot) has \(mine) from \(generation)")
        deliverers[slot].engine.revoked(deliverers[slot].assigned, moment)
        perform(slot)
        deliverers[slot].epoch = generation
        deliverers[slot].assigned = mine
        deliverers[slot].engine.assigned(mine, moment)
    }

    private func isOwner(_ slot: Int, _ partition: Int) -> Bool {
        partitions[partition].owner == slot && deliverers[slot].epoch == epoch
    }

    /// Commits all that is assigned, again and again; what comes back proves whose it is.
    mutating func beat(_ slot: Int) {
        reaches(slot, inMs: (485 + 15 * share(of: slot)) * (isCalm ? 2.5 : 1)) { world in
            world.beat(slot)
            world.commitAll(slot)
        }
    }

    private mutating func commitAll(_ slot: Int) {
        guard !deliverers[slot].isCut, !deliverers[slot].assigned.isEmpty else { return }
        let (sentNs, life, generation) = (nowNs, deliverers[slot].life, deliverers[slot].epoch)
        happens(inMs: 0.2 + 20 * share(of: slot)) { world in
            guard world.members.contains(slot), generation == world.epoch,
                !world.deliverers[slot].isCut, world.deliverers[slot].life == life
            else { return }
            world.reaches(slot, inMs: 0.2 + 20 * world.share(of: slot)) { world in
                guard world.deliverers[slot].epoch == generation, !world.deliverers[slot].isCut else {
                    return
                }
                world.deliverers[slot].engine.pacer.committed(sentNs: sentNs, nowNs: world.nowNs)
            }
        }
    }

    mutating func grant(_ slot: Int, _ partition: Int, _ count: Int) {
        guard isOwner(slot, partition) else { return }
        partitions[partition].credits += count
        feed(partition)
    }

    /// Brings records against credits.
    mutating func feed(_ partition: Int) {
        guard let slot = partitions[partition].owner else { return }
        let generation = epoch
        while partitions[partition].credits > 0,
            partitions[partition].read < partitions[partition].records.count
        {
            let offset = partitions[partition].read
            let value = partitions[partition].records[offset].value
            partitions[partition].read += 1
            partitions[partition].credits -= 1
            reaches(slot, inMs: 1) { world in
                guard world.deliverers[slot].epoch == generation else { return }
                world.deliverers[slot].engine.received(
                    partition: partition, offset: Int64(offset), value: value, world.moment)
            }
        }
    }

    mutating func append(_ value: [UInt8], of order: Int, to partition: Int) {
        partitions[partition].records.append((order, value))
        orders[order].carried += 1
        lag += 1
        feed(partition)
    }

    /// Promise 3: everything before a committed offset has ended, or lives on in another record.
    mutating func commit(_ slot: Int, _ partition: Int, _ offset: Int) {
        guard isOwner(slot, partition), !deliverers[slot].isCut, offset > partitions[partition].committed
        else { return }
        for at in partitions[partition].committed..<offset {
            let order = partitions[partition].records[at].order
            orders[order].carried -= 1
            lag -= 1
            let entry = orders[order]
            if entry.carried == 0, !entry.state.isClosed, entry.state != .parked {
                violate("promise 3: order \(order) is \(entry.state) and no record carries it")
            }
        }
        partitions[partition].committed = offset
    }

    /// Writes a record, or loses it, or loses the word that it is written.
    mutating func produce(
        _ slot: Int, _ order: Int, write: (inout SimulatedWorld) -> Void,
        told: @escaping (inout DeliveryEngine, Bool, Moment) -> Void
    ) {
        let isLost = chance(order, plan.kafkaLost)
        if !isLost || chance(order, 0.5) { write(&self) }
        reaches(slot, inMs: isLost ? 400 : 3) { world in
            told(&world.deliverers[slot].engine, !isLost, world.moment)
        }
    }
}
