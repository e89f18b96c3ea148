import Catalog
import HTTPClient
import OrderStore
import Orders
import Pacing
import Redis

extension DeliveryEngine {
    /// How long an attempt is held as in flight in Redis.
    package func attemptLifeMs(game: UInt8) -> Int64 {
        let game = catalog.games[Int(game)]
        return Int64(game.requestTimeoutMs) + options.graceMs
    }

    /// Redis has answered whether the attempt may be made.
    package mutating func begun(
        _ ref: ParcelRef, _ result: Result<AttemptDecision, RedisFailure>, _ now: Moment
    ) {
        guard var parcel = parcels[ref], parcel.phase == .beginning else { return }
        if case .success(.go) = result {
            parcel.made += 1
            parcel.phase = .sending
            parcel.denialCountsAtMs = now.ms + attemptLifeMs(game: parcel.game)
            parcel.failures = 0
            counts[Int(parcel.game)].attempts += 1
            if parcel.made > 1 { counts[Int(parcel.game)].repeats += 1 }
            parcels[ref] = parcel
            actions.append(.send(ref, parcel.order, game: parcel.game))
            return
        }
        release(&parcel, .withdrawn, now)
        parcels[ref] = parcel
        switch result {
        case .success(.go): break
        case .failure:
            // Asked again with the same attempt: where the first asking did arrive, it is still ours.
            parcel.failures += 1
            parcels[ref] = parcel
            sleep(ref, .deliver, forMs: ownDelayMs(parcel.failures), now)
        case .success(.closed(let state)):
            closed(ref, state, now)
        case .success(.busy(let remainingMs)):
            parcel.sawDeadlinePass = true
            parcels[ref] = parcel
            sleep(ref, .deliver, forMs: remainingMs + 20, now)
        case .success(.voided):
            conclude(ref, .voided, "its coupon is bound to another order", isSettled: true, now)
        case .success(.madeBefore(let attempts)):
            parcel.made = attempts
            parcels[ref] = parcel
            makeReady(ref, .deliver)
        case .success(.unknown(let attempts)):
            parcel.made = attempts
            let life = attemptLifeMs(game: parcel.game)
            parcel.denialCountsAtMs = max(
                parcel.denialCountsAtMs, parcel.sawDeadlinePass ? now.ms : now.ms + life)
            parcels[ref] = parcel
            resolve(ref, now)
        case .success(.withAPerson):
            finish(ref)
        }
    }

    /// The order has ended already. Expired and voided ones may lack their record in Kafka (the state came
    /// first).
    private mutating func closed(_ ref: ParcelRef, _ state: OrderState, _ now: Moment) {
        switch state {
        case .expired: conclude(ref, .expired, "its deadline passed", isSettled: true, now)
        case .voided: conclude(ref, .voided, "its coupon is bound to another order", isSettled: true, now)
        default: finish(ref)
        }
    }

    /// The request has ended one way or another.
    package mutating func answered(_ ref: ParcelRef, _ outcome: HTTPClientOutcome, _ now: Moment) {
        guard var parcel = parcels[ref], parcel.phase == .sending else { return }
        let verdict = AnswerClassifier.classify(
            outcome, idempotent: catalog.games[Int(parcel.game)].idempotent)
        release(&parcel, verdict.ending, now)
        if verdict.pausesGame {
            pacer.paused(parcel.game, true)
            actions.append(.gamePaused(game: parcel.game, reason: verdict.reason))
        }
        parcel.retryAfterMs = verdict.retryAfterMs
        if verdict.outcome == .unknown { counts[Int(parcel.game)].unknown += 1 }
        parcel.pending = Parcel.Pending(
            outcome: verdict.outcome, status: verdict.status, reason: verdict.reason, answer: verdict.answer,
            atMs: now.ms, isSettled: false)
        parcels[ref] = parcel
        record(ref)
    }

    /// Finds out about an attempt whose end is unknown, as far as this game lets us.
    mutating func resolve(_ ref: ParcelRef, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        let game = catalog.games[Int(parcel.game)]
        if game.queryEndpoint != nil {
            makeReady(ref, .ask)
        } else if game.idempotent, now.ms < parcel.order.deadlineMs {
            parcel.resendsUnknown = true
            parcels[ref] = parcel
            let delay = schedule.delayMs(
                attempt: Int(parcel.made), random: random.next(), retryAfterMs: parcel.retryAfterMs)
            wait(ref, forMs: delay, now)
        } else {
            parcel.pending = Parcel.Pending(
                outcome: .parked, status: 0,
                reason: "its end is unknown and the game can neither be asked nor sent again",
                answer: "", atMs: now.ms, isSettled: false)
            parcels[ref] = parcel
            record(ref)
        }
    }

    /// The game has said what it knows of the order.
    package mutating func told(_ ref: ParcelRef, _ told: Told, _ now: Moment) {
        guard var parcel = parcels[ref], parcel.phase == .asking else { return }
        counts[Int(parcel.game)].asked += 1
        func pending(_ outcome: Outcome, _ reason: String) -> Parcel.Pending {
            Parcel.Pending(
                outcome: outcome, status: 0, reason: reason, answer: "", atMs: now.ms, isSettled: false)
        }
        switch told {
        case .granted:
            release(&parcel, .succeeded, now)
            parcel.pending = pending(.alreadyGranted, "the game says so when asked")
            parcels[ref] = parcel
            record(ref)
        case .notGranted where now.ms >= parcel.denialCountsAtMs:
            release(&parcel, .succeeded, now)
            parcel.pending = pending(.failed, "the game has not granted it")
            parcels[ref] = parcel
            record(ref)
        case .notGranted:
            release(&parcel, .succeeded, now)
            parcels[ref] = parcel
            sleep(ref, .ask, forMs: parcel.denialCountsAtMs - now.ms, now)
        case .nothing(_, let ending):
            release(&parcel, ending, now)
            parcel.failures += 1
            parcels[ref] = parcel
            let delay = schedule.delayMs(attempt: parcel.failures, random: random.next(), retryAfterMs: nil)
            sleep(ref, .ask, forMs: min(max(delay, options.ownRetryMs), options.longestSleepMs), now)
        }
    }

    func ownDelayMs(_ failures: Int) -> Int64 {
        min(options.ownRetryMs << Int64(min(failures, 5)), options.longestSleepMs)
    }
}
