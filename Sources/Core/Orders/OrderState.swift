/// Where an order stands. Four bits in Redis; the raw values are frozen.
///
/// The diagram in docs/ARCHITECTURE.md is checked against this enum and ``after(_:)`` by a test, and the
/// scripts that change states in Redis are generated from the same table.
package enum OrderState: UInt8, CaseIterable, Sendable {
    /// Nothing is known of it.
    case none = 0
    /// Accepted in Redis, not yet acknowledged by Kafka.
    case outbox = 1
    /// Waits for an operator's approval.
    case held = 2
    /// Acknowledged by Kafka, no attempt made.
    case queued = 3
    /// An attempt is being made by a named owner until a deadline.
    case inFlight = 4
    /// The last attempt is known not to have granted; another follows.
    case retrying = 5
    /// The last attempt may or may not have granted. Never expires by itself.
    case unknown = 6
    /// Unknown, and nothing but a person can find out.
    case parked = 7
    case delivered = 8
    case rejected = 9
    case expired = 10
    case voided = 11

    /// Delivered, rejected, expired or voided: the four ends of promise 3.
    package var isClosed: Bool { rawValue >= OrderState.delivered.rawValue }
    /// Accepted and not ended.
    package var isOpen: Bool { self != .none && !isClosed }

    /// As written in JSON, reports and docs.
    package var name: String {
        Self.names[Int(rawValue)]
    }

    private static let names: [String] = {
        var names = [String](repeating: "", count: Int((allCases.map(\.rawValue).max() ?? 0) + 1))
        for state in allCases { names[Int(state.rawValue)] = state == .inFlight ? "in_flight" : "\(state)" }
        return names
    }()
}

/// What may happen to an order. Raw values are shared with the scripts.
package enum OrderEvent: UInt8, CaseIterable, Sendable {
    /// The claim script accepted it.
    case accepted = 0
    /// The claim script accepted it to wait for approval.
    case acceptedHeld = 1
    /// An operator approved a held order.
    case approved = 2
    /// Kafka acknowledged its record.
    case confirmed = 3
    /// An attempt begins; the owner and the attempt's number are checked beside the state.
    case began = 4
    /// The game says that it granted, now or before.
    case granted = 5
    /// The game refused for good.
    case refused = 6
    /// The attempt is known not to have granted.
    case notGranted = 7
    /// The attempt's end is not known (time-out, crash of its owner).
    case lost = 8
    /// Nobody can be asked, and it may not be sent again.
    case parked = 9
    /// Its deadline passed with nothing sent or the last attempt known not to have granted.
    case expired = 10
    /// Its coupon is bound to another order, or an operator refused a held order.
    case voided = 11
    /// An operator sends a rejected or expired order again.
    case redriven = 12
}

extension OrderState {
    /// The state after an event, or nil where the event has nothing to say and changes nothing.
    package func after(_ event: OrderEvent) -> OrderState? {
        switch (event, self) {
        case (.accepted, .none), (.approved, .held): .outbox
        case (.acceptedHeld, .none): .held
        case (.confirmed, .outbox): .queued
        case (.began, .none), (.began, .outbox), (.began, .queued), (.began, .retrying), (.began, .unknown):
            .inFlight
        // A grant is a fact wherever it arrives from, also from an owner that has lost the partition since.
        case (.granted, .outbox), (.granted, .queued), (.granted, .inFlight), (.granted, .retrying),
            (.granted, .unknown), (.granted, .parked):
            .delivered
        case (.refused, .inFlight), (.refused, .unknown): .rejected
        case (.notGranted, .inFlight), (.notGranted, .unknown), (.notGranted, .parked): .retrying
        case (.lost, .inFlight): .unknown
        case (.parked, .unknown): .parked
        // Never from in flight, unknown or parked: what may have been granted does not expire.
        case (.expired, .outbox), (.expired, .held), (.expired, .queued), (.expired, .retrying): .expired
        // Only before anything was sent.
        case (.voided, .none), (.voided, .outbox), (.voided, .held), (.voided, .queued): .voided
        case (.redriven, .rejected), (.redriven, .expired): .queued
        default: nil
        }
    }
}
