import Pacing

@testable import Deliverer

/// The board in Redis on which deliverers tell what they lend, and all that may happen to a call.
extension SimulatedWorld {
    /// What goes wrong has gone wrong by now; time goes in larger steps.
    var isCalm: Bool { sinceMs > 30_000 }

    /// Uniform in 0 ..< 1, from a deliverer's own dice.
    mutating func share(of slot: Int) -> Double { Self.share(&deliverers[slot].dice) }

    /// Writes and reads the board, again and again.
    mutating func lend(_ slot: Int) {
        let tickMs = Double(LimitShares.tickNs) / 1e6
        reaches(slot, inMs: (tickMs - 5 + 10 * share(of: slot))) { world in
            let entry = world.deliverers[slot].engine.pacer.planLending(nowNs: world.nowNs)
            if let entry { world.write(entry, slot) }
            world.lend(slot)
        }
    }

    private mutating func write(_ entry: LendEntry, _ slot: Int) {
        let (bytes, instance, sequence) = (entry.encode(), entry.instance, entry.sequence)
        let luck = share(of: slot)
        var most = plan.boardLost
        let isLost = luck < most
        most += plan.boardLate
        let isLate = !isLost && luck < most
        most += plan.boardRefused
        let isRefused = !isLost && !isLate && luck < most
        func fails(inMs ms: Double) {
            reaches(slot, inMs: ms) {
                $0.deliverers[slot].engine.pacer.lendFailed(sequence, nowNs: $0.nowNs)
            }
        }
        if isRefused { return fails(inMs: 1) }
        if isLost || isLate { fails(inMs: 2_000) }
        if share(of: slot) < plan.boardRepeated {
            happens(inMs: 100 + 3_900 * share(of: slot)) { _ = $0.apply(bytes, instance) }
        }
        let life = deliverers[slot].life
        happens(inMs: isLate ? 100 + 3_900 * share(of: slot) : 0.1 + 5 * share(of: slot)) { world in
            guard let others = world.apply(bytes, instance), !isLost, !isLate,
                world.deliverers[slot].life == life
            else { return }
            world.reaches(slot, inMs: 0.1 + 5 * world.share(of: slot)) {
                $0.deliverers[slot].engine.pacer.lendAnswered(sequence, others, nowNs: $0.nowNs)
            }
        }
    }

    /// The script: a call of before is refused, and the others' entries are the answer.
    private mutating func apply(_ bytes: [UInt8], _ instance: UInt64) -> [LendEntry]? {
        guard let entry = LendEntry.decode(bytes, instance: instance) else {
            violate("an entry that cannot be read")
            return nil
        }
        if let before = board[instance], before.sequence >= entry.sequence { return nil }
        board[instance] = entry
        return board.values.filter { $0.instance != instance }.sorted { $0.instance < $1.instance }
    }

    /// What a rollback brings back.
    mutating func keepBoard() {
        boardBefore = board
        if !isCalm { happens(inMs: 700) { $0.keepBoard() } }
    }
}
