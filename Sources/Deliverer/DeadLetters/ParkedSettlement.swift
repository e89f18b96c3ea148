import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry

/// Settles parked orders by hand: their game granted them, or did not.
///
/// In this order, each step acknowledged before the next: the operator's word in `.control`; the outcome in
/// `.outcomes` (`already_granted`, or `failed`), which is a fact from then on and survives the loss of Redis;
/// the state, by compare-and-set; and where it was not granted a record in `orders.<game>`, so that it is
/// tried again. Cut off between two steps it is done again from the beginning: a word or an outcome that
/// stands twice says nothing new; an order that was brought as far as `retrying` and lacks its record gets
/// it. "Granted" once said stays: the outcome may stand, and a grant is never taken back.
struct ParkedSettlement {
    /// The steps, for tests that cut a settlement off behind one of them.
    enum Step: CaseIterable, Sendable { case told, recorded, changed, sent }

    /// What is to be done about one order.
    enum Due: Sendable, Equatable {
        /// It is parked.
        case settle(ParkedOrder)
        /// Settled as not granted, and cut off before its record.
        case send(ParkedOrder)
        /// Said before, and done.
        case settledBefore(OrderState)
        /// Why nothing may be done.
        case refused(String)
    }

    /// Orders of one command at most.
    static let maxOrders = 10_000
    private static let window = 256

    let stores: DeskStores
    let isGranted: Bool
    let by: String
    let reason: String
    /// Called behind each step.
    var onStep: (Step) throws -> Void = { _ in }

    /// What is to be done about each of some distinct orders.
    func decide(_ orders: [OrderID]) async throws -> [(order: OrderID, due: Due)] {
        let wanted = Set(orders)
        var words: [OrderID: Set<Bool>] = [:]
        let said = try await stores.control { record -> (OrderID, Bool)? in
            guard case .parked(let order, let granted, _, _, _) = record, wanted.contains(order) else {
                return nil
            }
            return (order, granted)
        }
        for (order, granted) in said { words[order, default: []].insert(granted) }
        let states = try await stores.store.standings(orders)
        var attempts = try await stores.store.attemptsMade(orders)
        // Whose details are needed.
        let open = zip(orders, states).filter { order, state in
            state == .parked || state == .retrying && words[order]?.contains(false) == true && !isGranted
        }.map(\.0)
        attempts = attempts.filter { open.contains($0.key) }
        for order in open where attempts[order] == nil { attempts[order] = 1 }
        let details = try await ParkedReading.details(stores, attempts).reduce(into: [:]) { $0[$1.id] = $1 }
        let live = try await live(
            zip(orders, states).filter { $0.1 == .retrying }.compactMap { details[$0.0]?.order })
        return zip(orders, states).map { order, state in
            (order, due(order, state, words[order] ?? [], details[order], isLive: live.contains(order)))
        }
    }

    private func due(
        _ id: OrderID, _ state: OrderState, _ words: Set<Bool>, _ parked: ParkedOrder?, isLive: Bool
    ) -> Due {
        switch state {
        case .parked:
            guard let parked, parked.order != nil else {
                return .refused("its claim is not in Redis, or is of another catalog")
            }
            if !isGranted, words.contains(true) {
                return .refused(
                    "it was settled as granted before, and that was cut off: settle it as granted")
            }
            return .settle(parked)
        case .retrying where !isGranted && words.contains(false):
            guard let parked, parked.order != nil, !isLive else { return .settledBefore(state) }
            return .send(parked)
        case .none: return .refused("nothing is known of it")
        default:
            return words.contains(isGranted) && (state == .delivered || !isGranted)
                ? .settledBefore(state) : .refused("it is \(state.name), not parked")
        }
    }

    private func live(_ orders: [Order]) async throws -> Set<OrderID> {
        guard !orders.isEmpty else { return [] }
        let (ids, catalog) = (Set(orders.map(\.id)), stores.catalog)
        let games = Set(orders.map { stores.game(of: $0).slot })
        return try await stores.blocking { reader in
            try LiveRecords.among(ids, games: games, catalog: catalog, reader: reader)
        }
    }

    /// Does what was decided.
    ///
    /// - Returns: orders whose state had changed meanwhile, and to what.
    func apply(_ decisions: [(order: OrderID, due: Due)]) async throws -> [(OrderID, OrderState)] {
        let work = decisions.compactMap { decision -> (parked: ParkedOrder, order: Order, isParked: Bool)? in
            switch decision.due {
            case .settle(let parked): parked.order.map { (parked, $0, true) }
            case .send(let parked): parked.order.map { (parked, $0, false) }
            case .settledBefore, .refused: nil
            }
        }
        guard !work.isEmpty else { return [] }
        let append = try stores.appender()
        var changed = [(OrderID, OrderState)]()
        do {
            for start in stride(from: 0, to: work.count, by: Self.window) {
                let part = Array(work[start..<min(start + Self.window, work.count)])
                let lost = try await settle(part.filter(\.isParked).map { ($0.parked, $0.order) }, append)
                changed += lost
                let passed = Set(lost.map(\.0))
                if !isGranted {
                    try await append.append(
                        part.filter { !passed.contains($0.parked.id) }.map {
                            stores.resend($0.order, attempt: $0.parked.made, nowMs: SystemClock.nowMs)
                        })
                }
                try onStep(.sent)
            }
        } catch let failure as KafkaFailure {
            await append.close()
            throw unfinished("kafka: \(failure)")
        } catch let failure as RedisFailure {
            await append.close()
            throw unfinished("\(failure)")
        } catch {
            await append.close()
            throw error
        }
        await append.close()
        return changed
    }

    private func unfinished(_ why: String) -> DeskFault {
        DeskFault(DeskFault.again, "not finished, give the same command again: \(why)")
    }

    private func settle(
        _ orders: [(parked: ParkedOrder, order: Order)], _ append: AcknowledgedAppend
    ) async throws -> [(OrderID, OrderState)] {
        let atMs = SystemClock.nowMs
        let outcome: Outcome = isGranted ? .alreadyGranted : .failed
        try await append.append(
            orders.map { parked, _ in
                let record = ControlRecord.parked(
                    order: parked.id, granted: isGranted, by: by, reason: reason, atMs: atMs)
                return OutgoingRecord(
                    topic: stores.topics.control, key: Array(parked.id.text.utf8), value: record.encode())
            })
        try onStep(.told)
        try await append.append(
            orders.map { parked, order in
                let record = OutcomeRecord(
                    order: order.id, coupon: order.coupon, game: stores.game(of: order).id,
                    gift: stores.catalog.gifts[Int(order.gift)].id, attempt: parked.made, outcome: outcome,
                    status: 0, atMs: atMs, owner: 0, reason: "settled by hand by \(by): \(reason)")
                return OutgoingRecord(
                    topic: stores.topics.outcomes, key: Array(order.id.text.utf8), value: record.encode())
            })
        try onStep(.recorded)
        var lost = [(OrderID, OrderState)]()
        for (shard, part) in Dictionary(grouping: orders, by: \.parked.id.shard) {
            let entries = part.map {
                SettleEntry(order: $0.parked.id, event: outcome.event, attempt: $0.parked.made)
            }
            let decisions = try await stores.store.awaiting { store, then in
                store.settle(shard: shard, entries: entries, then: then)
            }
            for (entry, decision) in zip(entries, decisions)
            where !decision.applied && decision.state != outcome.state {
                lost.append((entry.order, decision.state))
            }
        }
        try onStep(.changed)
        return lost
    }
}
