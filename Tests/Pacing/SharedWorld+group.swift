@testable import Pacing

/// The consumer group with the eager protocol: all partitions go before any comes.
extension SharedWorld {
    static let sessionNs: UInt64 = 6 * secondNs
    private static let heartbeatCommitNs: UInt64 = 500 * msNs
    private static let network: ClosedRange<UInt64> = (msNs / 5)...(20 * msNs)

    struct Group {
        /// Commits of the present generation are taken until the next one begins.
        var generation = 0
        var isRebalancing = false
        /// Members, with the time their last sign of life reached the broker.
        var heardNs: [UInt64: UInt64] = [:]
        /// Of a rebalance: who has joined again.
        var rejoined: Set<UInt64> = []
    }

    func joinGroup(_ deliverer: Deliverer) {
        after(Self.network) { [self] in
            if group.heardNs.updateValue(nowNs, forKey: deliverer.id) == nil { watch(deliverer) }
            beginRebalance()
            group.rejoined.insert(deliverer.id)
            finishRebalance()
        }
    }

    /// A clean leave: everything is given up, and the broker told.
    func leave(_ deliverer: Deliverer) {
        after(0...0, in: deliverer) { [self] in
            deliverer.hasLeft = true
            revoke(deliverer)
            after(Self.network) { [self] in
                group.heardNs[deliverer.id] = nil
                beginRebalance()
                finishRebalance()
            }
        }
    }

    /// Commits all that is assigned, which is also the sign of life; the answer tells of a rebalance.
    func heartbeat(_ deliverer: Deliverer) {
        after((Self.heartbeatCommitNs - 10 * msNs)...Self.heartbeatCommitNs, in: deliverer) { [self] in
            let (sentNs, generation, count) = (nowNs, deliverer.generation, deliverer.partitions.count)
            after(Self.network) { [self] in
                guard !deliverer.isCutOff, !deliverer.hasLeft else { return }
                let isMember = group.heardNs[deliverer.id] != nil
                if isMember { group.heardNs[deliverer.id] = nowNs }
                let isTaken = isMember && generation == group.generation && count > 0
                let mustJoin = !isMember || (group.isRebalancing && !group.rejoined.contains(deliverer.id))
                after(Self.network, in: deliverer) { [self] in
                    guard !deliverer.isCutOff, !deliverer.hasLeft else { return }
                    if isTaken, generation == deliverer.generation {
                        deliverer.pacer.committed(sentNs: sentNs, nowNs: nowNs)
                    }
                    if mustJoin {
                        revoke(deliverer)
                        joinGroup(deliverer)
                    }
                    checkSums()
                }
            }
            heartbeat(deliverer)
        }
    }

    private func watch(_ deliverer: Deliverer) {
        after((200 * msNs)...(300 * msNs)) { [self] in
            guard let heardNs = group.heardNs[deliverer.id] else { return }
            if nowNs > heardNs + Self.sessionNs {
                group.heardNs[deliverer.id] = nil
                beginRebalance()
                finishRebalance()
            } else {
                watch(deliverer)
            }
        }
    }

    private func beginRebalance() {
        if !group.isRebalancing { group.rejoined = [] }
        group.rejoined = group.rejoined.filter { group.heardNs[$0] != nil }
        group.isRebalancing = true
    }

    private func revoke(_ deliverer: Deliverer) {
        deliverer.partitions = []
        deliverer.generation = -1
        deliverer.pacer.revoked(nowNs: nowNs)
        setDemand(deliverer)
        checkSums()
    }

    /// When everyone who is still a member has joined again, the next generation begins.
    private func finishRebalance() {
        guard group.isRebalancing, group.rejoined == Set(group.heardNs.keys) else { return }
        group.isRebalancing = false
        group.generation += 1
        let generation = group.generation
        let members = deliverers.filter { group.heardNs[$0.id] != nil }
        let all = games.indices.flatMap { game in
            (0..<games[game].partitions).map { SharePartition(game: UInt8(game), index: $0) }
        }
        for (number, member) in members.enumerated() {
            let partitions = all.enumerated().filter { $0.offset % members.count == number }.map(\.element)
            after(Self.network, in: member) { [self] in
                guard !member.isCutOff, group.generation == generation else { return }
                member.generation = generation
                member.partitions = partitions
                member.pacer.assigned(partitions, nowNs: nowNs)
                setDemand(member)
                checkSums()
            }
        }
    }
}
