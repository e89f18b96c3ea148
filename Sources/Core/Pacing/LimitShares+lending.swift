/// What a process needs of a resource for itself at present.
struct ShareNeed: Sendable, Equatable {
    /// Billionths of the limit's rate; all of it where the share holds it back.
    var rate: Int
    var slots: Int
    /// Slots whose requests are under way: those cannot be lent.
    var slotsLive: Int
}

extension LimitShares {
    /// The entry to write now; nil while a call is on its way. What it grants is withheld from here on,
    /// whether it arrives or not. The reading of the clock must be newer than the last answer's, or nothing
    /// of that answer counts as heard.
    mutating func plan(nowNs: UInt64, needs: [ShareNeed]) -> LendEntry? {
        if awaited != nil, let last = calls.last, nowNs < last.sentNs + Self.answerNs { return nil }
        forget(nowNs: nowNs)
        let right = hasRight(nowNs: nowNs)
        let balances = needs.indices.map { right ? balance($0, needs[$0]) : LendEntry.Balance() }
        var grants: [LendEntry.Grant] = []
        if right, rightUntilNs >= nowNs + Self.loanNs { grants = allot(balances, needs, nowNs: nowNs) }
        sequence += 1
        calls.append(Call(sequence: sequence, sentNs: nowNs))
        awaited = sequence
        promises.append(Promise(untilNs: nowNs + Self.loanNs, grants: grants))
        let heard = peers.values.filter { $0.sinceNs < nowNs }.map {
            LendEntry.Heard(instance: $0.entry.instance, sequence: $0.entry.sequence)
        }
        return LendEntry(
            instance: instance, sequence: sequence, fingerprint: fingerprint, balances: balances,
            grants: grants, heard: heard.sorted { $0.instance < $1.instance })
    }

    /// The board as the call of that sequence found it.
    mutating func answered(_ sequence: UInt64, _ entries: [LendEntry], nowNs: UInt64) {
        guard awaited == sequence else { return }
        awaited = nil
        answeredNs = nowNs
        let known = peers
        peers = [:]
        for entry in entries.prefix(Self.maxPeers)
        where entry.instance != instance && entry.fingerprint == fingerprint
            && entry.balances.count == shape.resources
        {
            let before = known[entry.instance]
            peers[entry.instance] =
                before?.entry == entry ? before : Peer(entry: entry, sinceNs: nowNs)
            borrow(from: entry)
        }
    }

    /// The call ended without an answer; whether it was applied is not known, and does not matter.
    mutating func failed(_ sequence: UInt64) {
        if awaited == sequence { awaited = nil }
    }

    /// What others may be using of this process's own, by resource: for each borrower the most that any
    /// grant says which has not run out.
    func withheld(nowNs: UInt64) -> [(rate: Int, slots: Int)] {
        var away = Array(repeating: (rate: 0, slots: 0), count: shape.resources)
        for most in largestGrants(nowNs: nowNs).values {
            away[most.resource].rate += most.rate
            away[most.resource].slots += most.slots
        }
        return away
    }

    private struct Account: Hashable {
        var borrower: UInt64
        var resource: Int
    }

    private func largestGrants(nowNs: UInt64) -> [Account: LendEntry.Grant] {
        var largest: [Account: LendEntry.Grant] = [:]
        for promise in promises where promise.untilNs > nowNs {
            for grant in promise.grants {
                let account = Account(borrower: grant.borrower, resource: grant.resource)
                let known = largest[account]
                largest[account] = LendEntry.Grant(
                    borrower: grant.borrower, resource: grant.resource,
                    rate: max(grant.rate, known?.rate ?? 0), slots: max(grant.slots, known?.slots ?? 0))
            }
        }
        return largest
    }

    private mutating func borrow(from entry: LendEntry) {
        let mine = entry.grants.filter { $0.borrower == instance && $0.resource < shape.resources }
        loans.removeAll { $0.lender == entry.instance }
        guard !mine.isEmpty, let heard = entry.heard.first(where: { $0.instance == instance }),
            let call = calls.first(where: { $0.sequence == heard.sequence })
        else { return }
        loans.append(
            Loan(
                lender: entry.instance, untilNs: call.sentNs + Self.loanNs - Self.driftNs, grants: mine))
    }

    /// Lets go of what has run out: all lists here are bounded by it.
    private mutating func forget(nowNs: UInt64) {
        promises.removeAll { $0.untilNs <= nowNs }
        loans.removeAll { $0.untilNs <= nowNs }
        calls.removeAll { $0.sentNs + Self.loanNs <= nowNs }
    }

    /// The total's units go with its rate, and a process keeps two.
    static func room(for rate: Int, of owned: LimitShare, all: Int) -> Int {
        guard rate < LimitShare.whole else { return all }
        guard owned.rate > 0, rate > 0 else { return 0 }
        let part = Double(owned.ownSlots) * Double(rate) / Double(owned.rate)
        return min(all, Int(part.rounded(.up)) + 2)
    }

    private func balance(_ resource: Int, _ need: ShareNeed) -> LendEntry.Balance {
        let own = owned(resource)
        return LendEntry.Balance(
            spareRate: max(0, own.rate - need.rate), wantedRate: max(0, need.rate - own.rate),
            spareSlots: max(0, own.ownSlots - need.slots), wantedSlots: max(0, need.slots - own.ownSlots))
    }

    /// Divides what is to spare. All processes divide all that is spare alike, so that with the same news
    /// the grants of several lenders add up to what a borrower wants and no more.
    private func allot(
        _ balances: [LendEntry.Balance], _ needs: [ShareNeed], nowNs: UInt64
    ) -> [LendEntry.Grant] {
        // A process that has not moved within a loan's time is not there any more, as far as lending goes.
        let living = peers.values.filter { $0.sinceNs + Self.loanNs > nowNs }.map(\.entry)
            .sorted { $0.instance < $1.instance }
        guard !living.isEmpty, answeredNs + Self.loanNs > nowNs else { return [] }
        let before = largestGrants(nowNs: nowNs)
        var grants: [LendEntry.Grant] = []
        for resource in balances.indices {
            let held = living.map { before[Account(borrower: $0.instance, resource: resource)] }
            let away = before.values.filter { $0.resource == resource }
            let own = owned(resource)
            let rates = Self.limited(
                wishes: self.wishes(
                    living, mine: balances[resource].spareRate, spare: { $0.balances[resource].spareRate },
                    wanted: { $0.balances[resource].wantedRate }),
                held: held.map { $0?.rate ?? 0 },
                room: balances[resource].spareRate - away.reduce(0) { $0 + $1.rate })
            let awaySlots = away.reduce(0) { $0 + $1.slots }
            let slots = Self.limited(
                wishes: self.wishes(
                    living, mine: balances[resource].spareSlots, spare: { $0.balances[resource].spareSlots },
                    wanted: { $0.balances[resource].wantedSlots }),
                held: held.map { $0?.slots ?? 0 },
                room: min(balances[resource].spareSlots, own.ownSlots - needs[resource].slotsLive)
                    - awaySlots)
            for (index, entry) in living.enumerated() where rates[index] > 0 || slots[index] > 0 {
                grants.append(
                    LendEntry.Grant(
                        borrower: entry.instance, resource: resource, rate: rates[index], slots: slots[index])
                )
            }
        }
        return grants
    }

    /// This process's part of what each of the living shall have: max-min fair over all that is spare, then
    /// each lender in proportion to what it spares.
    private func wishes(
        _ living: [LendEntry], mine: Int, spare: (LendEntry) -> Int, wanted: (LendEntry) -> Int
    ) -> [Int] {
        guard mine > 0 else { return Array(repeating: 0, count: living.count) }
        let others = living.map(spare)
        let total = mine + others.reduce(0, +)
        let before = zip(living, others).reduce(0) { $0 + ($1.0.instance < instance ? $1.1 : 0) }
        return Self.fair(total, among: living.map(wanted)).map {
            LimitShape.part(of: $0, from: UInt64(before), to: UInt64(before + mine), of: UInt64(total))
        }
    }

    /// Max-min fair: nobody gets more than wanted, and who gets less than wanted gets as much as any.
    static func fair(_ amount: Int, among wanted: [Int]) -> [Int] {
        var gets = Array(repeating: 0, count: wanted.count)
        var (left, others) = (amount, wanted.count)
        for index in wanted.indices.sorted(by: { (wanted[$0], $0) < (wanted[$1], $1) }) {
            gets[index] = min(wanted[index], left / others)
            left -= gets[index]
            others -= 1
        }
        return gets
    }

    /// Grants that stay within the room when what was granted before is still withheld: a lower one frees
    /// nothing yet, a higher one takes the difference.
    static func limited(wishes: [Int], held: [Int], room: Int) -> [Int] {
        let more = zip(wishes, held).map { max(0, $0 - $1) }
        let sum = more.reduce(0, +)
        guard sum > max(0, room) else { return wishes }
        return wishes.indices.map { index in
            guard more[index] > 0 else { return wishes[index] }
            return held[index] + more[index] * max(0, room) / sum
        }
    }
}
