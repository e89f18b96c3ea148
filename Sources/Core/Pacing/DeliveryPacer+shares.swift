/// A pacer on shares: its limits are what this process owns of them or has borrowed; see `LimitShares`.
///
/// Every method, and every question for the next start, first puts into force what time alone has changed,
/// each change at its own moment, so that no start is ever made on a share that has ended, however late the
/// caller comes. What keeps the law at the receiver over changes:
/// - a share's GCRA burst that falls and rises again comes back used up, and what a share of none had left
///   is gone, so that in any window all processes' starts are at most the limit's burst and the integral of
///   its rate (`GCRA.setRate`, summed over the processes);
/// - slots that come, after an assignment, from a lender or back from a borrower, come as ghosts, since what
///   their last holder sent may lie unread; slots that go take as many ghosts along;
/// - a barred game's unread requests are the ghosts of whoever has its slots now.
extension DeliveryPacer {
    /// The share of a game in force; nil without shares.
    package func share(of game: UInt8) -> LimitShare? { shares?.applied[Int(game)] }
    /// The share of the total in force; nil without shares.
    package var totalShare: LimitShare? { shares?.applied.last }
    /// Whether nothing of the game may start for want of a share.
    package func isBarred(_ game: UInt8) -> Bool { shares?.isBarred(Int(game)) ?? false }
    /// When shares change by time alone; `.max` for never.
    package var shareChangeNs: UInt64 { shares?.dueNs ?? .max }

    /// The whole assignment, as the consumer told it (its `.assigned`).
    package mutating func assigned(_ partitions: [SharePartition], nowNs: UInt64) {
        changeShares(nowNs: nowNs) { $0.limits.assigned(partitions, nowNs: $1) }
    }

    /// Every partition is gone (its `.revoked`).
    package mutating func revoked(nowNs: UInt64) {
        changeShares(nowNs: nowNs) { shares, _ in shares.limits.revoked() }
    }

    /// All assigned partitions were committed by a request sent at that time (its `.committed`).
    package mutating func committed(sentNs: UInt64, nowNs: UInt64) {
        changeShares(nowNs: nowNs) { shares, _ in shares.limits.committed(sentNs: sentNs) }
    }

    /// The entry to write to the board now; nil without shares or while a call is on its way. Every
    /// `LimitShares.tickNs`. What it grants is given up from here on.
    package mutating func planLending(nowNs: UInt64) -> LendEntry? {
        let nowNs = advance(nowNs)
        guard var state = shares else { return nil }
        var needs: [ShareNeed] = []
        for (slot, game) in games.enumerated() {
            needs.append(
                state.meters[slot].need(
                    nowNs: nowNs, owned: state.limits.owned(slot),
                    perSecond: state.isBarred(slot) ? 0 : pacers[slot].split.perSecond(extra: 0),
                    limit: game.limit.perSecond, live: pacers[slot].live,
                    hasSlots: state.limits.slots(slot, nowNs: nowNs) > 0))
        }
        let owned = state.limits.owned(games.count)
        var need = state.meters[games.count].need(
            nowNs: nowNs, owned: owned,
            perSecond: state.applied[games.count] == .none ? 0 : totalSplit.limit.perSecond,
            limit: total.perSecond, live: 0)
        // Room for the GCRA goes with the rate.
        need.slots = LimitShares.room(for: need.rate, of: owned, all: state.limits.pools[games.count].slots)
        needs.append(need)
        let entry = state.limits.plan(nowNs: nowNs, needs: needs)
        shares = state
        applyShares(nowNs: nowNs)
        return entry
    }

    /// The board that the call of that sequence found; entries that cannot be read are left out.
    package mutating func lendAnswered(_ sequence: UInt64, _ entries: [LendEntry], nowNs: UInt64) {
        changeShares(nowNs: nowNs) { $0.limits.answered(sequence, entries, nowNs: $1) }
    }

    /// The call of that sequence was refused, or nobody knows what became of it.
    package mutating func lendFailed(_ sequence: UInt64, nowNs: UInt64) {
        changeShares(nowNs: nowNs) { shares, _ in shares.limits.failed(sequence) }
    }

    private mutating func changeShares(nowNs: UInt64, _ body: (inout SharesInForce, UInt64) -> Void) {
        let nowNs = advance(nowNs)
        guard shares != nil else { return }
        body(&shares!, nowNs)
        applyShares(nowNs: nowNs)
    }
}

extension DeliveryPacer {
    /// Changes by time, each at its moment; those of a long standstill beyond this many at once.
    private static let maxSteps = 64

    /// Puts into force what has changed by time alone up to now.
    mutating func followShares(nowNs: UInt64) {
        for _ in 0..<Self.maxSteps {
            guard let dueNs = shares?.dueNs, dueNs <= nowNs else { return }
            applyShares(nowNs: dueNs)
        }
        applyShares(nowNs: nowNs)
    }

    /// Puts the shares of that moment into force; nothing may have started after it.
    ///
    /// - Parameter isNewLimit: slots came or went with the limit, and nobody else has or had them.
    mutating func applyShares(nowNs: UInt64, isNewLimit: Bool = false) {
        guard let state = shares else { return }
        let now = state.limits.shares(nowNs: nowNs)
        shares?.dueNs = state.limits.nextChangeNs(after: nowNs)
        let isFresh = now[games.count].assignment != state.applied[games.count].assignment
        var gameSlots = 0
        for slot in games.indices {
            let split = BurstSplit(now[slot], of: games[slot].limit, whole: state.whole.games[slot])
            apply(
                split, now[slot], to: slot, isFresh: isFresh, isNewLimit: isNewLimit, nowNs: nowNs)
            gameSlots += split?.slots ?? 0
        }
        applyTotal(now[games.count], gameSlots: gameSlots, isFresh: isFresh, nowNs: nowNs)
    }

    private mutating func apply(
        _ split: BurstSplit?, _ share: LimitShare, to slot: Int, isFresh: Bool, isNewLimit: Bool,
        nowNs: UInt64
    ) {
        let before = shares?.applied[slot] ?? .none
        let wasBarred = shares?.isBarred(slot) ?? false
        shares?.applied[slot] = split == nil ? .none : share
        guard let split else {
            guard !wasBarred else { return }
            outstanding -= pacers[slot].outstanding
            shares?.setBarred(slot, true)
            return
        }
        if wasBarred || isFresh {
            if !wasBarred { outstanding -= pacers[slot].outstanding }
            let ghosts = options.inheritsGhosts ? split.slots : 0
            pacers[slot].restarted(split, ghosts: ghosts, nowNs: nowNs)
            shares?.setBarred(slot, false)
            outstanding += pacers[slot].outstanding
        } else if share != before || split != pacers[slot].split {
            outstanding -= pacers[slot].outstanding
            let (own, lent) = (
                share.ownSlots - before.ownSlots, share.borrowedSlots - before.borrowedSlots
            )
            let come = options.inheritsGhosts && !isNewLimit ? max(0, own) + max(0, lent) : 0
            let gone = isNewLimit ? 0 : max(0, -own) + max(0, -lent)
            pacers[slot].limitChanged(split, slotsCome: come, slotsGone: gone, nowNs: nowNs)
            outstanding += pacers[slot].outstanding
        }
    }

    private mutating func applyTotal(_ share: LimitShare, gameSlots: Int, isFresh: Bool, nowNs: UInt64) {
        guard let whole = shares?.whole.total else { return }
        let split = BurstSplit(total: share, of: total, whole: whole, gameSlots: gameSlots)
        let wasNone = shares?.applied[games.count] == LimitShare.none
        shares?.applied[games.count] = split == nil ? .none : share
        guard let split else {
            // Nothing at all may start: the games are barred with it.
            for slot in games.indices where shares?.isBarred(slot) == false {
                outstanding -= pacers[slot].outstanding
                shares?.setBarred(slot, true)
                shares?.applied[slot] = .none
            }
            return
        }
        totalSplit = split
        if wasNone || isFresh {
            totalRate = GCRA(perSecond: split.perSecond(extra: 0), burst: split.gcraBurst, nowNs: nowNs)
        }
        refreshTotal(nowNs: nowNs, isForced: true)
    }

    /// At the start: nothing is this process's yet.
    mutating func barAll() {
        outstanding = 0
        for slot in games.indices { shares?.setBarred(slot, true) }
    }

    // MARK: - What the share holds back

    mutating func noteStart(_ slot: Int) {
        shares?.meters[slot].noteStart(live: pacers[slot].live)
        shares?.meters[games.count].noteStart(live: 0)
    }

    mutating func noteTotalBound() { shares?.meters[games.count].isRateBound = true }

    /// Something waits for a game that has no share.
    mutating func noteBarred(_ slot: Int) {
        shares?.meters[slot].isRateBound = true
        shares?.meters[slot].isSlotBound = true
        if shares?.applied[games.count] == LimitShare.none { noteTotalBound() }
    }

    /// Something waits; for the share, or for another reason.
    mutating func noteWaiting(_ slot: Int, nowNs: UInt64) {
        let pacer = pacers[slot]
        guard !pacer.isPaused, pacer.holdUntilNs <= nowNs else { return }
        if pacer.live >= pacer.split.slots {
            shares?.meters[slot].isSlotBound = true
        } else if pacer.nextPermitNs > nowNs {
            shares?.meters[slot].isRateBound = true
        }
    }
}
