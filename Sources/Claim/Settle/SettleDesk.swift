import Catalog
import Credentials
import Logging
import NIOCore
import Operators
import Orders
import Synchronization
import Telemetry
import Wire

/// The server's side of settling: grants a chosen pack to coupons that have no order, while the campaign is
/// in its phase `settle`.
///
/// It keeps nothing: whether a coupon has its order is for Redis to say, so that any process may be asked, in
/// any order, as often as one likes. That an operator began is written to the control topic, and
/// acknowledged, before this process grants the first coupon of a run; after a restart once more.
final class SettleDesk: Sendable {
    /// Requests in hand; more are told to come again.
    static let maxOpen = 4
    /// Runs of which is remembered that their beginning is written down.
    private static let maxRuns = 256

    private struct Run: Hashable {
        let batch: UInt64
        let gift: String
        let name: String
    }

    private struct State {
        var open = 0
        var begun: [Run] = []
    }

    private let loops: [ClaimLoop]
    private let journal: ControlJournal
    private let logger: Logger
    private let coupons: Mutex<CouponCodec>
    private let state = Mutex(State())

    init(loops: [ClaimLoop], journal: ControlJournal, coupons: CouponCodec, logger: Logger) {
        precondition(!loops.isEmpty)
        self.loops = loops
        self.journal = journal
        self.coupons = Mutex(coupons)
        self.logger = logger
    }

    /// Other keys from the next request on.
    func adopt(_ coupons: CouponCodec) { self.coupons.withLock { $0 = coupons } }

    /// One result a coupon, in the request's order.
    func settle(
        _ request: SettleRequest, operator name: String
    ) async throws(OperatorProblem) -> [SettleResult] {
        let catalog = await catalog()
        let gift = try Self.gift(request.gift, catalog, nowMs: SystemClock.nowMs)
        try enter()
        defer { leave() }
        let run = Run(batch: request.batch, gift: gift.id, name: name)
        if !state.withLock({ $0.begun.contains(run) }) { try await begin(run, request) }
        let results = await grant(request.coupons, gift)
        if request.isDone {
            try await write(run, request, .done)
            logger.notice("settling done", metadata: Self.metadata(run))
        }
        return results
    }

    /// The pack, if it may be granted now.
    static func gift(
        _ id: String, _ catalog: Catalog, nowMs: Int64
    ) throws(OperatorProblem) -> Gift {
        guard let gift = catalog.gift(id: id) else { throw .noSuchGift(id) }
        let campaign = catalog.campaign
        let phase = campaign.phase(nowMs)
        guard phase == .settle else {
            throw .wrongPhase(
                phase.rawValue, settlesAt: UTCTimestamp.rfc3339(unixMs: campaign.settlesAtMs),
                endsAt: UTCTimestamp.rfc3339(unixMs: campaign.endsAtMs))
        }
        guard !(gift.highValue && campaign.approval != nil) else { throw .needsApproval(id) }
        guard !gift.isPaused, !catalog.games[Int(gift.game)].isPaused else { throw .paused(id) }
        return gift
    }

    private func catalog() async -> Catalog {
        let loop = loops[0]
        return await withCheckedContinuation { then in
            loop.loop.execute { then.resume(returning: loop.plan.catalog) }
        }
    }

    // MARK: - Bounds

    private func enter() throws(OperatorProblem) {
        let hasRoom = state.withLock { state in
            guard state.open < Self.maxOpen else { return false }
            state.open += 1
            return true
        }
        guard hasRoom else { throw .busy("\(Self.maxOpen) settling requests are in hand already") }
    }

    private func leave() { state.withLock { $0.open -= 1 } }

    // MARK: - The control topic

    private func begin(_ run: Run, _ request: SettleRequest) async throws(OperatorProblem) {
        try await write(run, request, .begun)
        state.withLock { state in
            if state.begun.count == Self.maxRuns { state.begun.removeFirst() }
            state.begun.append(run)
        }
        logger.notice("settling begun", metadata: Self.metadata(run))
    }

    private func write(
        _ run: Run, _ request: SettleRequest, _ phase: ControlRecord.Phase
    ) async throws(OperatorProblem) {
        let batch = String(decoding: Hex.encode(run.batch), as: UTF8.self)
        try await journal.append(
            .settle(
                batch: batch, gift: run.gift, phase: phase, by: run.name, reason: request.reason,
                atMs: SystemClock.nowMs), key: batch)
    }

    private static func metadata(_ run: Run) -> Logger.Metadata {
        [
            "batch": "\(String(decoding: Hex.encode(run.batch), as: UTF8.self))", "gift": "\(run.gift)",
            "by": "\(run.name)",
        ]
    }

    // MARK: - Granting

    private typealias Numbered<Value> = (index: Int, value: Value)

    /// Each coupon on the loop of its holder's shard, so that those of one shard are decided in one batch.
    private func grant(_ tokens: [String], _ gift: Gift) async -> [SettleResult] {
        var results = [SettleResult](repeating: .later(detail: "not looked at"), count: tokens.count)
        var shares = [[Numbered<Coupon>]](repeating: [], count: loops.count)
        let codec = coupons.withLock { $0 }
        let nowS = SystemClock.nowMs / 1000
        for (index, token) in tokens.enumerated() {
            switch Self.verified(token, codec, gift, nowS: nowS) {
            case .failure(let refusal): results[index] = refusal.result
            case .success(let coupon):
                let shard = loops[0].plan.keys.shard(user: coupon.holder)
                shares[Int(shard) % loops.count].append((index, coupon))
            }
        }
        await withTaskGroup(of: [Numbered<SettleResult>].self) { group in
            for (loop, share) in zip(loops, shares) where !share.isEmpty {
                group.addTask { await Self.grant(share, gift, on: loop) }
            }
            for await share in group {
                for (index, result) in share { results[index] = result }
            }
        }
        return results
    }

    private struct Refusal: Error {
        let result: SettleResult
    }

    /// The coupon's own expiry does not count: what was left unspent has mostly expired.
    private static func verified(
        _ token: String, _ codec: CouponCodec, _ gift: Gift, nowS: Int64
    ) -> Result<Coupon, Refusal> {
        do throws(CouponError) {
            return .success(try codec.verify(token, nowS: nowS))
        } catch {
            let isUnreadable = error == .malformed || error == .unknownVersion
            return .failure(
                Refusal(
                    result: .refused(
                        problem: isUnreadable ? "malformed" : "coupon-invalid",
                        detail: isUnreadable
                            ? "not a coupon token" : "the coupon is not one of this campaign's")))
        }
    }

    private static func grant(
        _ coupons: [Numbered<Coupon>], _ gift: Gift, on loop: ClaimLoop
    ) async -> [Numbered<SettleResult>] {
        await withCheckedContinuation { then in
            loop.loop.execute {
                var results = [Numbered<SettleResult>]()
                for (index, coupon) in coupons {
                    loop.settle(coupon, gift) { result in
                        results.append((index, result))
                        if results.count == coupons.count { then.resume(returning: results) }
                    }
                }
            }
        }
    }
}
