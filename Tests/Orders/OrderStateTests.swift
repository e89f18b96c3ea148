import Testing

@testable import Orders

@Suite("The order's state machine")
struct OrderStateTests {
    /// A second writing of the table, in the words of the contract: event → from → to. Whatever stands not
    /// here changes nothing.
    static let table: [OrderEvent: [OrderState: OrderState]] = [
        .accepted: [.none: .outbox],
        .acceptedHeld: [.none: .held],
        .approved: [.held: .outbox],
        .confirmed: [.outbox: .queued],
        .began: [
            .none: .inFlight, .outbox: .inFlight, .queued: .inFlight, .retrying: .inFlight,
            .unknown: .inFlight,
        ],
        .granted: [
            .outbox: .delivered, .queued: .delivered, .inFlight: .delivered, .retrying: .delivered,
            .unknown: .delivered, .parked: .delivered,
        ],
        .refused: [.inFlight: .rejected, .unknown: .rejected],
        .notGranted: [.inFlight: .retrying, .unknown: .retrying, .parked: .retrying],
        .lost: [.inFlight: .unknown],
        .parked: [.unknown: .parked],
        .expired: [.outbox: .expired, .held: .expired, .queued: .expired, .retrying: .expired],
        .voided: [.none: .voided, .outbox: .voided, .held: .voided, .queued: .voided],
        .redriven: [.rejected: .queued, .expired: .queued],
    ]

    @Test("every state × event", arguments: OrderEvent.allCases)
    func everyPair(_ event: OrderEvent) {
        for state in OrderState.allCases {
            #expect(state.after(event) == Self.table[event]?[state], "\(state) × \(event)")
        }
    }

    @Test("promise 3: unknown, in flight and parked never expire, and nothing that was sent is voided")
    func unknownNeverExpires() {
        for state in [OrderState.unknown, .inFlight, .parked] {
            #expect(state.after(.expired) == nil)
            #expect(state.after(.voided) == nil)
        }
    }

    @Test("promise 3: every state is none, open or closed, and delivered is never left")
    func classes() {
        for state in OrderState.allCases {
            let classes = [state == .none, state.isOpen, state.isClosed].filter { $0 }.count
            #expect(classes == 1)
            #expect((state.ledgerClass == nil) == (state == .none))
        }
        for event in OrderEvent.allCases { #expect(OrderState.delivered.after(event) == nil) }
    }

    @Test("promise 4: an unknown outcome is never taken for a failure")
    func unknownIsNotFailure() {
        #expect(Outcome.unknown.event == .lost)
        #expect(OrderState.inFlight.after(Outcome.unknown.event) == .unknown)
        for outcome in Outcome.allCases where outcome.event == .notGranted {
            #expect([.throttled, .failed].contains(outcome))
        }
    }

    @Test("an outcome's event leads from in flight to the outcome's own state")
    func outcomesAgree() {
        for outcome in Outcome.allCases where ![.parked, .expired, .voided].contains(outcome) {
            #expect(OrderState.inFlight.after(outcome.event) == outcome.state)
        }
    }

    @Test("four bits are enough and raw values are frozen")
    func frozen() {
        #expect(OrderState.allCases.map(\.rawValue) == Array(0...11))
        #expect(OrderEvent.allCases.map(\.rawValue) == Array(0...12))
    }
}
