import Catalog
import OrderStore
import Orders
import Pacing
import Redis

/// Outcome acknowledged by Kafka → state in Redis → watermark, and what follows an attempt that did not
/// grant.
extension DeliveryEngine {
    /// Writes the pending outcome to Kafka.
    mutating func record(_ ref: ParcelRef) {
        guard var parcel = parcels[ref], let pending = parcel.pending else { return }
        parcel.phase = .recording
        parcels[ref] = parcel
        let order = parcel.order
        let outcome = OutcomeRecord(
            order: order.id, coupon: order.coupon, game: catalog.games[Int(parcel.game)].id,
            gift: catalog.gifts[Int(order.gift)].id, attempt: parcel.made, outcome: pending.outcome,
            status: pending.status, atMs: pending.atMs, owner: owner, reason: pending.reason)
        var dead: DeadRecord?
        switch pending.outcome {
        case .rejected, .expired, .voided:
            var closed = order
            closed.attempt = parcel.made
            dead = DeadRecord(
                order: closed, outcome: pending.outcome, reason: pending.reason, status: pending.status,
                answer: pending.answer, atMs: pending.atMs)
        default: break
        }
        actions.append(.record(ref, outcome, dead))
    }

    /// Kafka has the outcome, or has it not (or may have: a second line of the same says nothing new).
    package mutating func recorded(_ ref: ParcelRef, isAcknowledged: Bool, _ now: Moment) {
        guard var parcel = parcels[ref], parcel.phase == .recording else { return }
        guard isAcknowledged else {
            parcel.failures += 1
            parcels[ref] = parcel
            sleep(ref, .record, forMs: ownDelayMs(parcel.failures), now)
            return
        }
        parcel.failures = 0
        parcels[ref] = parcel
        if parcel.pending?.isSettled == true {
            count(parcel)
            finish(ref)
        } else {
            settle(ref)
        }
    }

    /// Changes the state in Redis by the pending outcome.
    mutating func settle(_ ref: ParcelRef) {
        guard var parcel = parcels[ref], let pending = parcel.pending else { return }
        parcel.phase = .settling
        parcels[ref] = parcel
        actions.append(
            .settle(
                ref, SettleEntry(order: parcel.order.id, event: pending.outcome.event, attempt: parcel.made)))
    }

    /// The state has changed, or stands where it stands.
    package mutating func settled(
        _ ref: ParcelRef, _ result: Result<SettleDecision, RedisFailure>, _ now: Moment
    ) {
        guard var parcel = parcels[ref], parcel.phase == .settling, let pending = parcel.pending else {
            return
        }
        guard case .success(let decision) = result else {
            parcel.failures += 1
            parcels[ref] = parcel
            sleep(ref, .settle, forMs: ownDelayMs(parcel.failures), now)
            return
        }
        parcel.failures = 0
        parcels[ref] = parcel
        if !pending.isSettled, pending.outcome == .expired {
            expiryDecided(ref, decision, now)
            return
        }
        // A repeat of a change that had been applied finds the state where the change left it.
        let isAsTold = decision.applied || decision.state == pending.outcome.state
        parcel.pending = nil
        parcels[ref] = parcel
        let isOver = decision.state.isClosed || (isAsTold && pending.outcome == .parked)
        if isAsTold, isOver { count(parcel, pending.outcome) }
        // What was revoked is the new owner's to carry on: no commit has passed a record that is in flight.
        if isOver || !isLive(parcel.source) && (!isAsTold || pending.outcome == .unknown) {
            finish(ref)
            return
        }
        guard isAsTold else {
            // Somebody else has it in flight by now and may die with it; the record here is what carries it.
            makeReady(ref, .deliver)
            return
        }
        if pending.outcome == .unknown {
            resolve(ref, isAnswered: pending.status != 0, now)
        } else {
            retry(ref, now)
        }
    }

    /// Plans the next attempt of an order that is known not to have been granted.
    private mutating func retry(_ ref: ParcelRef, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        parcel.resendsUnknown = false
        parcels[ref] = parcel
        let delay = schedule.delayMs(
            attempt: Int(parcel.made), random: random.next(), retryAfterMs: parcel.retryAfterMs)
        if isLive(parcel.source) {
            wait(ref, forMs: delay, now)
        } else {
            // The new owner may have parked it meanwhile and passed its record: a new one carries it.
            putOff(ref, untilMs: now.ms + delay, now)
        }
    }

    /// Waits before the next attempt: in memory, in the retries topic, or not at all when the deadline is
    /// nearer.
    ///
    /// What would then wait for the repeats' share waits for that as well: the more repeats there are, the
    /// sooner they go to the retries topic, where they hold no watermark back.
    mutating func wait(_ ref: ParcelRef, forMs delayMs: Int64, _ now: Moment) {
        guard let parcel = parcels[ref] else { return }
        let shareMs = Int64(ready[Int(parcel.game)].waitNs(.repeat) / 1_000_000)
        let leftMs = parcel.order.deadlineMs - now.ms
        let delay = max(delayMs, min(shareMs, options.retryCapMs, leftMs - 1))
        if delay >= leftMs {
            sleep(ref, .expire, forMs: max(0, leftMs), now)
        } else if delay <= options.longestSleepMs {
            sleep(ref, .deliver, forMs: delay, now)
        } else {
            putOff(ref, untilMs: now.ms + delay, now)
        }
    }

    /// Hands the order to the retries topic, in the longest tier that is not longer than the wait.
    mutating func putOff(_ ref: ParcelRef, untilMs: Int64, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        parcel.phase = .shelving
        parcel.order.attempt = parcel.made
        parcel.order.notBeforeMs = untilMs
        parcels[ref] = parcel
        let tiers = catalog.campaign.storage.retryTiersMs
        let tier = tiers.lastIndex { $0 <= untilMs - now.ms } ?? 0
        actions.append(.shelve(ref, parcel.order, game: parcel.game, tier: tier))
    }

    /// The retries topic has the order, or has it not.
    package mutating func shelved(_ ref: ParcelRef, isAcknowledged: Bool, _ now: Moment) {
        guard var parcel = parcels[ref], parcel.phase == .shelving else { return }
        if isAcknowledged {
            finish(ref)
        } else {
            parcel.failures += 1
            parcels[ref] = parcel
            sleep(ref, .shelve, forMs: ownDelayMs(parcel.failures), now)
        }
    }

    /// Closes an order to which nothing was sent, or whose last attempt surely did not grant: here the state
    /// comes first, since only its compare-and-set knows whether that is so; the record follows, and is
    /// written again should we die between.
    mutating func close(_ ref: ParcelRef, by outcome: Outcome, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        parcel.pending = Parcel.Pending(
            outcome: outcome, status: 0, reason: "its deadline passed", answer: "", atMs: now.ms,
            isSettled: false)
        parcels[ref] = parcel
        settle(ref)
    }

    private mutating func expiryDecided(_ ref: ParcelRef, _ decision: SettleDecision, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        if decision.state == .expired {
            conclude(ref, .expired, "its deadline passed", isSettled: true, now)
            return
        }
        parcel.pending = nil
        parcels[ref] = parcel
        switch decision.state {
        case .inFlight, .unknown:
            // Somebody's attempt is under way or was: it decides, or its end is found out. Only Redis knows
            // which attempt that is, and what is found out must be told of that one.
            look(ref)
        default:
            finish(ref)
        }
    }

    /// Records an ending whose state has been set already.
    mutating func conclude(
        _ ref: ParcelRef, _ outcome: Outcome, _ reason: String, isSettled: Bool, _ now: Moment
    ) {
        guard var parcel = parcels[ref] else { return }
        parcel.pending = Parcel.Pending(
            outcome: outcome, status: 0, reason: reason, answer: "", atMs: now.ms, isSettled: isSettled)
        parcels[ref] = parcel
        record(ref)
    }

    private mutating func count(_ parcel: Parcel) {
        if let pending = parcel.pending { count(parcel, pending.outcome) }
    }

    private mutating func count(_ parcel: Parcel, _ outcome: Outcome) {
        switch outcome {
        case .granted, .alreadyGranted:
            counts[Int(parcel.game)].delivered += 1
            heed(parcel.game, isDead: false)
        case .rejected:
            counts[Int(parcel.game)].rejected += 1
            heed(parcel.game, isDead: true)
        case .expired: counts[Int(parcel.game)].expired += 1
        case .voided: counts[Int(parcel.game)].voided += 1
        case .parked: counts[Int(parcel.game)].parked += 1
        default: break
        }
    }

    /// A game that refuses more than its share for good is paused, and not fed the whole queue.
    private mutating func heed(_ game: UInt8, isDead: Bool) {
        let share = deadRatios[Int(game)].share
        guard deadRatios[Int(game)].closed(isDead: isDead) else { return }
        pacer.paused(game, true)
        let percent = Int((share * 100).rounded())
        actions.append(.gamePaused(game: game, reason: "it refused \(percent) % of its last orders for good"))
    }
}
