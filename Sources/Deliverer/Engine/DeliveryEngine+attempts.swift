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
        if case .success(.go) = result, isInTime(parcel, now) {
            parcel.made += 1
            parcel.madeHere += 1
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
        case .success(.go):
            // Asked again: if nobody has taken it over, it is still ours.
            makeReady(ref, .deliver)
        case .failure:
            // Asked again with the same attempt: where the first asking did arrive, it is still ours.
            parcel.failures += 1
            parcels[ref] = parcel
            sleep(ref, parcel.errand, forMs: ownDelayMs(parcel.failures), now)
        case .success(.closed(let state)):
            closed(ref, state, now)
        case .success(.busy(let remainingMs)):
            parcel.sawDeadlinePass = true
            parcels[ref] = parcel
            sleep(ref, parcel.errand, forMs: remainingMs + 20, now)
        case .success(.voided):
            conclude(ref, .voided, "its coupon is bound to another order", isSettled: true, now)
        case .success(.madeBefore(let attempts)):
            parcel.made = attempts
            parcels[ref] = parcel
            if parcel.errand == .look {
                close(ref, by: .expired, now)
            } else {
                makeReady(ref, .deliver)
            }
        case .success(.unknown(let attempts)):
            parcel.made = attempts
            let life = attemptLifeMs(game: parcel.game)
            parcel.denialCountsAtMs = max(
                parcel.denialCountsAtMs, parcel.sawDeadlinePass ? now.ms : now.ms + life)
            parcel.endedNs = now.ns
            parcels[ref] = parcel
            resolve(ref, now)
        case .success(.withAPerson):
            finish(ref)
        }
    }

    /// Whether the request would still end before Redis takes the attempt for lost. A process that stood
    /// still between the question and its answer must not send what somebody else may have taken over.
    private func isInTime(_ parcel: Parcel, _ now: Moment) -> Bool {
        guard let permit = parcel.permit else { return false }
        let mostMs = max(options.graceMs, options.leastGoMs)
        return now.ns <= permit.startedNs + UInt64(mostMs) * 1_000_000
    }

    /// Asks Redis what became of an attempt that was under way when the deadline passed. Its owner may have
    /// died: then nobody else would ever take it out of flight.
    mutating func look(_ ref: ParcelRef) {
        guard var parcel = parcels[ref] else { return }
        parcel.phase = .beginning
        parcel.errand = .look
        parcels[ref] = parcel
        actions.append(
            .begin(ref, AttemptEntry(order: parcel.order, attempt: 0, resendsUnknown: false)))
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
    ///
    /// - Parameter under: the game as it was when the request was made; nil: as it is.
    package mutating func answered(
        _ ref: ParcelRef, _ outcome: HTTPClientOutcome, under sent: Game? = nil, _ now: Moment
    ) {
        guard var parcel = parcels[ref], parcel.phase == .sending else { return }
        var verdict =
            if let sent {
                AnswerClassifier.classify(
                    outcome, idempotent: sent.idempotent, rules: sent.dialect?.answers)
            } else {
                AnswerClassifier.classify(
                    outcome, idempotent: catalog.games[Int(parcel.game)].idempotent,
                    rules: catalog.games[Int(parcel.game)].dialect?.answers)
            }
        // What a repeat was not granted says nothing of the attempt before whose end is not known.
        if parcel.resendsUnknown, verdict.outcome == .failed || verdict.outcome == .throttled {
            verdict.outcome = .unknown
            verdict.reason += "; the end of an earlier attempt is unknown"
        } else if verdict.mayHaveGranted {
            verdict.outcome = .unknown
        }
        release(&parcel, verdict.ending, now)
        if verdict.pausesGame {
            pacer.paused(parcel.game, true)
            actions.append(.gamePaused(game: parcel.game, reason: verdict.reason))
        }
        parcel.endedNs = now.ns
        parcel.retryAfterMs = verdict.retryAfterMs
        if verdict.outcome == .unknown { counts[Int(parcel.game)].unknown += 1 }
        parcel.pending = Parcel.Pending(
            outcome: verdict.outcome, status: verdict.status, reason: verdict.reason, answer: verdict.answer,
            atMs: now.ms, isSettled: false)
        parcels[ref] = parcel
        record(ref)
    }

    /// Finds out about an attempt whose end is unknown, as far as this game lets us.
    ///
    /// - Parameter isAnswered: the game is there and wants it again: where a repeat does no harm, that is the
    ///   shortest way to an end.
    mutating func resolve(_ ref: ParcelRef, isAnswered: Bool = false, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        let game = catalog.games[Int(parcel.game)]
        let mayResend = game.idempotent && now.ms < parcel.order.deadlineMs
        // It comes from the retries topic, into which it was put after that attempt to be sent again now.
        let hasWaited = parcel.madeHere == 0 && parcel.made > 0 && parcel.order.attempt == parcel.made
        if mayResend, hasWaited {
            parcel.resendsUnknown = true
            parcels[ref] = parcel
            makeReady(ref, .deliver)
        } else if mayResend, isAnswered || game.queryEndpoint == nil {
            parcel.resendsUnknown = true
            parcels[ref] = parcel
            let delay = schedule.delayMs(
                attempt: Int(parcel.made), random: random.next(), retryAfterMs: parcel.retryAfterMs)
            wait(ref, forMs: delay, now)
        } else if game.queryEndpoint != nil {
            makeReady(ref, .ask)
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
        case .notGranted where parcel.isDenialFinal:
            release(&parcel, .succeeded, now)
            parcel.pending = pending(.failed, "the game has not granted it")
            parcels[ref] = parcel
            record(ref)
        case .notGranted:
            release(&parcel, .succeeded, now)
            parcels[ref] = parcel
            let restMs = Int64(ReadHorizon.restNs / 1_000_000)
            sleep(ref, .ask, forMs: max(parcel.denialCountsAtMs - now.ms, restMs), now)
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
