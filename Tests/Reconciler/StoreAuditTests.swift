import OrderLog
import OrderStore
import Orders
import Testing

@testable import Reconciler

@Suite struct StoreAuditTests {
    private static let history = LaneHistory(highestLane: 9, highestEpoch: 1, recordedEpoch: 1)

    /// Accounts of a campaign that has issued so many of its first pack.
    private static func accounts(issued: Int) -> [(packs: StockAccount, units: StockAccount?)] {
        var first = StockAccount()
        first.total = 10
        first.left = 10 - issued
        var second = StockAccount()
        second.total = 10
        second.left = 10
        return [(first, nil), (second, nil)]
    }

    private static func delivered(_ coupon: UInt64, _ sequence: UInt32, in world: inout RebuildWorld) -> Order
    {
        let order = RebuildWorld.order(coupon, sequence: sequence)
        world.bound[coupon] = order.id
        world.claims[order.id] = .init(order: order, state: .delivered)
        world.queued.append(order)
        world.outcomes.append((order.id, .granted, 1))
        return order
    }

    private static func faults(
        _ world: RebuildWorld, issued: Int = 1, _ history: LaneHistory = history
    ) -> [String] {
        let audit = StoreAudit(world.book, history, epoch: 1, accounts: accounts(issued: issued))
        let names = audit.findings.filter { $0.count > 0 }.map(\.name)
        #expect(audit.isClean == (names.isEmpty && audit.stocks.allSatisfy(\.isExact)))
        return names + (audit.stocks.allSatisfy(\.isExact) ? [] : ["stock"])
    }

    @Test("two stores that tell the same are clean")
    func clean() {
        var world = RebuildWorld()
        _ = Self.delivered(1, 0, in: &world)
        #expect(Self.faults(world) == [])
    }

    @Test("each fault is found, and no other")
    func faults() {
        var sound = RebuildWorld()
        let order = Self.delivered(1, 0, in: &sound)
        func after(_ change: (inout RebuildWorld) -> Void) -> [String] {
            var world = sound
            change(&world)
            return Self.faults(world)
        }
        #expect(after { $0.queued = [] } == ["unrecorded"])
        #expect(after { $0.outcomes = [] } == ["untold"])
        #expect(after { $0.claims[order.id]?.state = .retrying } == ["unended"])
        #expect(after { $0.claims[order.id]?.state = .none } == ["stateless", "unended"])
        #expect(after { $0.bound = [:] } == ["free", "stock"])
        #expect(after { $0.outcomes.append((OrderID(rawValue: 77), .granted, 1)) } == ["strangers"])
        #expect(Self.faults(sound, issued: 2) == ["stock"])
        #expect(Self.faults(sound, LaneHistory()) == ["epoch"])
        // A second order of the coupon, which is not voided.
        #expect(after { $0.queued.append(RebuildWorld.order(1, sequence: 5)) } == ["twice"])
        // One ID that stands for two coupons.
        var other = RebuildWorld.order(1, sequence: 0)
        other.coupon = 55
        #expect(after { $0.queued.append(other) } == ["ids"])
    }

    @Test("an order in the outbox is no fault, nor is one that was refused")
    func noFault() {
        var world = RebuildWorld()
        let waiting = RebuildWorld.order(1, sequence: 0)
        world.bound[1] = waiting.id
        world.claims[waiting.id] = .init(order: waiting, state: .outbox)
        world.outbox = [waiting.id]
        let refused = RebuildWorld.order(2, sequence: 1)
        world.bound[2] = refused.id
        world.claims[refused.id] = .init(order: refused, state: .voided)
        world.held = [refused]
        world.control = [.approval(order: refused.id, verdict: .refused, by: "", reason: "", atMs: 0)]
        #expect(Self.faults(world) == [])
    }
}
