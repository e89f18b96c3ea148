import Orders
import Testing

@testable import Reconciler

/// What single orders are called, by what the sources say of them.
@Suite struct ClassificationTests {
    static func facts(_ change: (inout OrderFacts) -> Void) -> OrderFacts {
        var facts = OrderFacts()
        facts.order = ReconcilerFixture.order(1)
        change(&facts)
        return facts
    }

    static func place(_ change: (inout OrderFacts) -> Void) -> OrderClass {
        facts(change).orderClass(isTooYoung: false)
    }

    static let all: [Outcome] = [
        .granted, .alreadyGranted, .rejected, .throttled, .failed, .unknown, .parked, .expired, .voided,
    ]

    @Test func grantedWinsOverEverything() {
        for grant in [Outcome.granted, .alreadyGranted] {
            for other in Self.all {
                for state in OrderState.allCases {
                    let place = Self.place {
                        $0.take(grant, attempt: 1)
                        $0.take(other, attempt: 2)
                        $0.state = state
                        $0.isLiveInOrders = true
                    }
                    #expect(place == .delivered)
                    #expect(
                        Self.place {
                            $0.take(other, attempt: 2); $0.take(grant, attempt: 1)
                        } == .delivered)
                }
            }
        }
    }

    @Test func endsAreEndsWhereverTheyAreTold() {
        let ends: [(Outcome, OrderState, OrderClass)] = [
            (.rejected, .rejected, .rejected), (.expired, .expired, .expired), (.voided, .voided, .voided),
        ]
        for (outcome, state, place) in ends {
            #expect(Self.place { $0.take(outcome, attempt: 1) } == place)
            #expect(Self.place { $0.state = state } == place)
            #expect(
                Self.place {
                    $0.take(outcome, attempt: 1); $0.state = .inFlight; $0.isLiveInOrders = true
                } == place)
        }
        #expect(Self.place { $0.state = .delivered } == .delivered)
    }

    @Test func whatWasRedrivenIsOpenAgain() {
        for outcome in [Outcome.rejected, .expired] {
            func place(resent: UInt16?, _ state: OrderState) -> OrderClass {
                Self.place {
                    $0.take(outcome, attempt: 2)
                    $0.resentAttempts = resent
                    $0.state = state
                    $0.isLiveInOrders = true
                }
            }
            #expect(place(resent: 2, .queued) == .queued)
            #expect(place(resent: 2, .inFlight) == .inFlight)
            #expect(place(resent: 2, .unknown) == .unknown)
            // It was sent again before that end, or the state has not been told of anything since.
            #expect(place(resent: 1, .inFlight) == (outcome == .rejected ? .rejected : .expired))
            #expect(place(resent: nil, .queued) == (outcome == .rejected ? .rejected : .expired))
            #expect(place(resent: 2, .none) == (outcome == .rejected ? .rejected : .expired))
            #expect(place(resent: 2, .rejected) == (outcome == .rejected ? .rejected : .expired))
        }
        var facts = Reconciliation()
        var order = ReconcilerFixture.order(1)
        facts.stoodInOrders(order, game: 0, isLive: false)
        #expect(facts.facts[order.id]?.resentAttempts == nil)
        (order.isResend, order.attempt) = (true, 3)
        facts.stoodInOrders(order, game: 0, isLive: true)
        #expect(facts.facts[order.id]?.resentAttempts == 3)
    }

    @Test func anOlderAttemptsLateWordChangesNothing() {
        #expect(
            Self.place {
                $0.take(.rejected, attempt: 2); $0.take(.unknown, attempt: 1)
            } == .rejected)
        #expect(
            Self.facts {
                $0.take(.unknown, attempt: 2); $0.take(.failed, attempt: 2)
            }.outcome == .failed)
    }

    @Test func onItsWay() {
        #expect(
            Self.place {
                $0.isInOutbox = true; $0.state = .outbox
            } == .outbox)
        #expect(Self.place { $0.isLiveInOrders = true } == .queued)
        #expect(
            Self.place {
                $0.isLiveInOrders = true; $0.isInOutbox = true; $0.state = .outbox
            } == .queued)
        #expect(Self.place { $0.isLiveInRetries = true } == .retrying)
        #expect(
            Self.place {
                $0.isLiveInOrders = true; $0.take(.failed, attempt: 1)
            } == .retrying)
        #expect(
            Self.place {
                $0.isLiveInOrders = true; $0.state = .inFlight; $0.hasLapsed = true
            } == .inFlight)
        #expect(
            Self.place {
                $0.isLiveInOrders = true; $0.take(.unknown, attempt: 1)
            } == .unknown)
        #expect(Self.place { $0.isHeld = true } == .held)
        #expect(Self.place { $0.state = .held } == .held)
        #expect(Self.place { $0.state = .parked } == .parked)
        #expect(
            Self.place {
                $0.take(.parked, attempt: 1); $0.state = .unknown
            } == .parked)
        // Produced and taken up after the topics had been read.
        #expect(
            Self.place {
                $0.isInOutbox = true; $0.state = .retrying
            } == .outbox)
        #expect(Self.place { $0.state = .inFlight } == .inFlight)
    }

    @Test func missingAndWhy() {
        func why(_ change: (inout OrderFacts) -> Void) -> MissingReason? {
            let facts = Self.facts(change)
            return facts.orderClass(isTooYoung: false) == .missing ? facts.missingReason : nil
        }
        #expect(why { _ in } == .neverQueued)
        #expect(why { $0.state = .outbox } == .neverQueued)
        #expect(
            why {
                $0.isRecorded = true; $0.state = .queued
            } == .passedOver)
        #expect(
            why {
                $0.isRecorded = true; $0.take(.failed, attempt: 1)
            } == .retryLost)
        #expect(
            why {
                $0.isRecorded = true; $0.state = .unknown
            } == .unknownLost)
        #expect(
            why {
                $0.isRecorded = true; $0.state = .inFlight; $0.hasLapsed = true
            } == .attemptLost)
        #expect(
            why {
                $0.isHeld = true; $0.state = .queued
            } == .neverQueued)
    }

    @Test func theYoungAreNotMissing() {
        var reconciliation = Reconciliation()
        reconciliation.claimed(ReconcilerFixture.order(1, claimedAtMs: 4_000), game: 0)
        reconciliation.claimed(ReconcilerFixture.order(2, claimedAtMs: 4_001), game: 0)
        reconciliation.claimed(ReconcilerFixture.order(3, claimedAtMs: 9_000), game: 1)
        let verdict = reconciliation.verdict(atMs: 5_000, tooYoungMs: 1_000, games: 2)
        #expect(verdict.missing.map(\.order.id.rawValue) == [1])
        #expect(verdict[.tooYoung] == 2)
        #expect(verdict.byGame[1] == [.tooYoung: 1])
        let strict = reconciliation.verdict(atMs: 10_000, tooYoungMs: 0, games: 2)
        #expect(strict[.missing] == 3)
    }

    @Test func twinsCountOnce() {
        var reconciliation = Reconciliation()
        for offset in 0..<5 {
            reconciliation.stoodInOrders(ReconcilerFixture.order(1), game: 0, isLive: offset == 4)
            reconciliation.claimed(ReconcilerFixture.order(1), game: 0)
        }
        let verdict = reconciliation.verdict(atMs: 5_000, tooYoungMs: 0, games: 2)
        #expect(verdict.accepted == 1)
        #expect(verdict[.queued] == 1)
        #expect(verdict.addsUp(due: 1))
        #expect(!verdict.addsUp(due: 2))
    }

    @Test func whatWasNeverDueIsUnexpectedUnlessItCameAfterTheCut() {
        var reconciliation = Reconciliation()
        reconciliation.cameOut(OrderID(rawValue: 1), .granted, attempt: 1, game: 1)
        reconciliation.cameOut(OrderID(rawValue: 2), .granted, attempt: 1, game: 1)
        reconciliation.claimed(ReconcilerFixture.order(3), game: 0)
        reconciliation.cameOut(OrderID(rawValue: 3), .granted, attempt: 1, game: 0)
        reconciliation.cameAfterCut(OrderID(rawValue: 2))
        reconciliation.cameAfterCut(OrderID(rawValue: 3))
        reconciliation.stoodInOutbox(OrderID(rawValue: 4))
        let verdict = reconciliation.verdict(atMs: 5_000, tooYoungMs: 0, games: 2)
        #expect(verdict.unexpected == [.init(id: OrderID(rawValue: 1), game: 1, outcome: .granted)])
        #expect(verdict.accepted == 1)
        #expect(verdict[.delivered] == 1)
    }

    @Test func aMissingOrderKnowsItsAttempts() {
        var reconciliation = Reconciliation()
        reconciliation.stoodInOrders(ReconcilerFixture.order(1), game: 0, isLive: false)
        reconciliation.cameOut(OrderID(rawValue: 1), .failed, attempt: 3, game: 0)
        let verdict = reconciliation.verdict(atMs: 5_000, tooYoungMs: 0, games: 2)
        #expect(verdict.missing.map(\.order.attempt) == [3])
    }
}
