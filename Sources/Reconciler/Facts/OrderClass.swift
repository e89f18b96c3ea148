/// The classes of a reconciliation: those of the ledger, and the orders that are too young to be judged.
/// Every order that is due falls into exactly one. Raw values stand in reports and metrics.
enum OrderClass: String, CaseIterable, Sendable {
    case delivered, rejected, expired, voided
    case held, outbox, queued, retrying
    case inFlight = "in_flight"
    case unknown, parked
    /// It would be missing, and was claimed so shortly before the cut that it may not have shown up yet.
    case tooYoung = "too_young"
    /// Due, not ended, and nowhere on its way.
    case missing

    /// The order came to an end; nothing more is done about it by itself.
    var isEnd: Bool { ClosingColumn(self).isEnd }
}

/// Where the trail of a missing order ends. Raw values stand in plans.
enum MissingReason: String, CaseIterable, Sendable {
    /// Claimed, and no topic holds a record of it.
    case neverQueued = "never_queued"
    /// Its record stands behind the deliverer's mark, and nobody says what became of it.
    case passedOver = "passed_over"
    /// The last attempt is known not to have granted, and no record waits for the next.
    case retryLost = "retry_lost"
    /// An attempt was begun, its deadline has passed, and no record makes anybody look after it.
    case attemptLost = "attempt_lost"
    /// The last attempt's end is unknown, and no record makes anybody find out.
    case unknownLost = "unknown_lost"
    /// Its number was given out and its state tells that it was accepted; neither a claim nor a record tells
    /// what it was. Nothing can be sent.
    case nameless
}
