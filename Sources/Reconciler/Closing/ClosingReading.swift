import Catalog
import Kafka
import Logging
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Telemetry

extension ClosingStatement {
    /// Reads a cut, the stock and `.control`, and makes the statement of them.
    ///
    /// The stock is read after the orders, and both move while claims are taken: a statement is for a
    /// campaign that has closed, and one made before may not add up.
    static func make(_ stores: CampaignStores, issuedCoupons: Int? = nil) async throws -> ClosingStatement {
        let report = try await ReconciliationReport.make(stores, tooYoung: .zero)
        return try await make(stores, report, issuedCoupons: issuedCoupons)
    }

    /// The same over a report that was just made.
    static func make(
        _ stores: CampaignStores, _ report: ReconciliationReport, issuedCoupons: Int? = nil
    ) async throws -> ClosingStatement {
        let store = stores.store
        let standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard let epoch = standing.openEpoch else {
            throw ReconcilerFault(
                ReconcilerFault.unavailable, "redis is not open (\(standing)): see reconciler rebuild")
        }
        store.epoch = epoch
        var sources = Sources(accounts: [], acts: [], issuedCoupons: issuedCoupons)
        for gift in stores.catalog.gifts {
            sources.accounts.append(try await store.stockAccount(gift: gift))
        }
        sources.acts = try await ControlReading.read(stores).records.map(\.record)
        return ClosingStatement(
            stores.catalog, report.cut.tally, verdict: report.verdict, epoch: epoch,
            madeAtMs: SystemClock.nowMs, sources)
    }

    /// Fails with every figure that does not add up.
    func checked() throws(ReconcilerFault) -> ClosingStatement {
        guard faults.isEmpty else {
            throw ReconcilerFault(
                ReconcilerFault.broken,
                "the statement does not add up:\n  " + faults.joined(separator: "\n  "))
        }
        return self
    }
}
