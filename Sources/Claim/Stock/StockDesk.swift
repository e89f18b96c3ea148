import Catalog
import Logging
import NIOCore
import Operators
import OrderStore
import Orders
import Redis
import Synchronization
import Telemetry
import Wire

/// Adds stock while the campaign runs.
///
/// Looked at in Redis → written to the control topic, acknowledged → applied in Redis, which remembers the
/// act's name. A process that dies between the last two leaves an act that is written down and not applied:
/// the operator was told so, or nothing, and repeats it under its name; a rebuild applies it too. So that
/// what is written first under a name is what counts, a name that the operator gives is looked up in the
/// topic before anything is written under it.
///
/// Any thread.
final class StockDesk: Sendable {
    /// Finds what `.control` says of an act; throws where Kafka does not tell.
    typealias Lookup = @Sendable (_ act: String) async throws -> RecordedStockAct?

    private let loops: [ClaimLoop]
    private let journal: ControlJournal
    private let recorded: Lookup
    private let logger: Logger
    /// Acts under way: two at once under one name would both find nothing written.
    private let underWay = Mutex<Set<String>>([])

    init(loops: [ClaimLoop], journal: ControlJournal, recorded: @escaping Lookup, logger: Logger) {
        precondition(!loops.isEmpty)
        self.loops = loops
        self.journal = journal
        self.recorded = recorded
        self.logger = logger
    }

    func add(_ request: StockRequest, operator name: String) async throws(OperatorProblem) -> StockResult {
        let (store, catalog) = await served()
        guard let gift = catalog.gift(id: request.gift) else { throw .noSuchGift(request.gift) }
        let act = try request.act(
            named: request.act ?? String(decoding: Hex.encode(.random(in: 0 ... .max)), as: UTF8.self),
            of: gift)
        guard underWay.withLock({ $0.insert(act.act).inserted }) else {
            throw .busy("the act is being carried out already")
        }
        defer { _ = underWay.withLock { $0.remove(act.act) } }
        if let before = try await appliedBefore(act, gift, store) { return before }
        if try await !isWritten(act, gift, isNamed: request.act != nil) {
            try await journal.append(
                .stock(
                    act: act.act, gift: gift.id, add: act.add, units: act.units, by: name,
                    reason: request.reason, atMs: SystemClock.nowMs), key: act.act)
        }
        let answer: StockAnswer
        do throws(RedisFailure) {
            answer = try await store.awaiting { store, then in store.addStock(gift: gift, act, then: then) }
        } catch {
            throw .unapplied(act.act, error.message)
        }
        switch answer {
        case .added(let sum):
            logger.notice(
                "stock added",
                metadata: [
                    "gift": "\(gift.id)", "add": "\(act.add)", "units": "\(act.units)", "act": "\(act.act)",
                    "by": "\(name)",
                ])
            return result(act, gift, isNew: true, sum)
        case .addedBefore(let sum): return result(act, gift, isNew: false, sum)
        case .otherAct: throw .otherAct
        }
    }

    private func result(_ act: StockAct, _ gift: Gift, isNew: Bool, _ sum: StockSum) -> StockResult {
        StockResult(act: act.act, gift: gift.id, isNew: isNew, sum: sum, hasUnits: gift.amount != nil)
    }

    /// The result of an act that Redis remembers; nil where it may be carried out.
    private func appliedBefore(
        _ act: StockAct, _ gift: Gift, _ store: OrderStore
    ) async throws(OperatorProblem) -> StockResult? {
        let look: StockLook
        do throws(RedisFailure) {
            look = try await store.awaiting { store, then in
                store.stockSum(gift: gift, act: act.act, then: then)
            }
        } catch {
            throw .storeAway(error.message)
        }
        if let known = look.known {
            guard known == act, look.isOfGift else { throw .otherAct }
            return result(act, gift, isNew: false, look.sum)
        }
        guard look.sum.total + act.add <= CatalogLimits.stock else {
            throw .tooMuch("a gift has at most \(CatalogLimits.stock) packs")
        }
        guard look.sum.units + act.units <= CatalogLimits.amountTotal else {
            throw .tooMuch("a gift has at most \(CatalogLimits.amountTotal) units")
        }
        guard gift.amount?.draw != .presplit || look.sum.total + act.add <= CatalogLimits.presplitStock else {
            throw .tooMuch("a gift split beforehand has at most \(CatalogLimits.presplitStock) packs")
        }
        return nil
    }

    /// Whether the act stands in the control topic already.
    private func isWritten(
        _ act: StockAct, _ gift: Gift, isNamed: Bool
    ) async throws(OperatorProblem) -> Bool {
        guard isNamed else { return false }
        let found: RecordedStockAct?
        do {
            found = try await recorded(act.act)
        } catch {
            throw .busy("the control topic could not be read: \(error)")
        }
        guard let found else { return false }
        guard found == RecordedStockAct(gift: gift.id, act: act) else { throw .otherAct }
        return true
    }

    /// Any loop will do; the catalog may be edited meanwhile.
    private func served() async -> (OrderStore, Catalog) {
        let loop = loops[0]
        return await withCheckedContinuation { then in
            loop.loop.execute { then.resume(returning: (loop.store, loop.plan.catalog)) }
        }
    }
}
