import Orders
import Testing
import Wire

@testable import Reconciler

@Suite struct RebuildPropertyTests {
    /// A campaign in which everything has happened that may happen to an order.
    private static func world(_ random: inout SplitMix64) -> RebuildWorld {
        var world = RebuildWorld()
        for number in 0..<60 as Range<UInt32> {
            let order = RebuildWorld.order(UInt64(number) + 1, sequence: number, gift: UInt16(number % 2))
            let attempt = UInt16(random.next() % 3 + 1)
            func add(_ state: OrderState, made: UInt16 = 0, _ outcome: Outcome? = nil) {
                world.bound[order.coupon] = order.id
                world.claims[order.id] = .init(order: order, state: state, made: state.isClosed ? 0 : made)
                if state == .outbox { world.outbox.insert(order.id) } else { world.queued.append(order) }
                if let outcome { world.outcomes.append((order.id, outcome, max(made, 1))) }
            }
            switch random.next() % 10 {
            case 0: add(.outbox)
            case 1: add(.queued)
            case 2: add(.inFlight, made: attempt, attempt > 1 ? .failed : nil)
            case 3: add(.retrying, made: attempt, .failed)
            case 4: add(.unknown, made: attempt, .unknown)
            case 5: add(.parked, made: attempt, .parked)
            case 6: add(.delivered, made: attempt, .granted)
            case 7: add(.rejected, made: attempt, .rejected)
            case 8:
                add(.expired, .expired)
            default:
                world.bound[order.coupon] = order.id
                world.claims[order.id] = .init(order: order, state: .held)
                world.held.append(order)
            }
        }
        return world
    }

    @Test(
        "promise 9: either store is lost, rebuilt, then the other one: every order stands where it stood",
        arguments: 0..<200 as Range<UInt64>)
    func oneAfterTheOther(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = Self.world(&random)
        // What was answered 202 is in Kafka; what is not may go with Redis.
        world.sweep()
        let before = world.standings
        let underWay = Set(world.claims.filter { $0.value.state == .inFlight }.keys)
        for _ in 0..<3 {
            if random.next() % 2 == 0 {
                world.loseRedis()
                world.apply(RebuildPlan(world.book))
            } else {
                world.loseKafka()
                world.write(RebuildPlan(world.book, isLive: true).missing)
            }
            world.sweep()
            for (id, state) in world.standings where state != before[id] {
                // An attempt whose owner died as Redis was lost: nobody wrote it down, it is made again.
                let madeAgain = underWay.contains(id) && (state == .queued || state == .retrying)
                #expect(madeAgain, "\(id) stood as \(String(describing: before[id])), now \(state)")
            }
            #expect(world.standings.count == before.count)
        }
    }

    @Test("a rebuild of what has lost nothing writes nothing", arguments: 0..<50 as Range<UInt64>)
    func isAFixedPoint(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = Self.world(&random)
        world.apply(RebuildPlan(world.book))
        let again = RebuildPlan(world.book)
        #expect(again.missing == [])
        #expect(again.unbound == 0)
        let standings = world.standings
        world.apply(again)
        #expect(world.standings == standings)
    }

    @Test(
        "a rebuild that was cut short anywhere and begun anew ends the same",
        arguments: 0..<100 as Range<UInt64>)
    func cutShort(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = Self.world(&random)
        world.sweep()
        world.loseRedis()
        var whole = world
        whole.apply(RebuildPlan(whole.book))
        // Some entries were written, in no order: that is more than a process that dies can do.
        let plan = RebuildPlan(world.book)
        world.write(plan.missing.filter { _ in random.next() % 2 == 0 })
        for entry in plan.shards.joined() {
            if random.next() % 2 == 0 { world.bound[entry.order.coupon] = entry.order.id }
            if random.next() % 2 == 0 || world.bound[entry.order.coupon] != nil {
                world.claims[entry.order.id] = .init(
                    order: entry.order, state: random.next() % 2 == 0 ? entry.state : .none, made: 0)
            }
        }
        world.apply(RebuildPlan(world.book))
        #expect(world.standings == whole.standings)
        #expect(world.bound == whole.bound)
    }
}
