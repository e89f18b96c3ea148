import Pacing

/// The client's side of a settling run, from the checkpoint to the end of the file.
///
/// ```
///   next coupons ─▶ wait for the pace ─▶ ask Claim ─┬─ all answered ─▶ refused lines, checkpoint ─▶ next
///        ▲                                          └─ some "later", or no answer ─▶ wait, ask those again
///        └────────────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// A kill at any place repeats at most one request, whose coupons then have their orders and are skipped.
/// The clock, the waiting and the way to Claim come in, so that a test runs it without any of them.
struct SettleRun {
    /// What Claim said to one request.
    enum Reply: Sendable {
        case results([SettleResult])
        /// No answer, or "not now".
        case later(String, retryAfterMs: Int64?)
        /// It will not be done however often it is asked for.
        case refused(SettleFault)
    }

    /// What the run needs of the outside.
    struct Outside {
        var ask: (SettleRequest) async -> Reply
        /// Monotonic.
        var nowNs: () -> UInt64
        var sleepNs: (UInt64) async -> Void
        var random: () -> UInt64
        /// Called after each checkpoint.
        var progress: (SettleCheckpoint) -> Void
    }

    let reason: String
    /// How long one request's coupons may go without an answer.
    let patienceNs: UInt64
    let outside: Outside
    private let files: SettleFiles
    private let coupons: CouponLines
    private(set) var checkpoint: SettleCheckpoint
    private var pace: SettlePace
    private let retries: RetrySchedule

    init(
        files: SettleFiles, couponsPath: String, checkpoint: SettleCheckpoint, reason: String,
        perSecond: Double, patienceNs: UInt64, outside: Outside
    ) throws {
        self.files = files
        self.checkpoint = checkpoint
        self.reason = reason
        self.patienceNs = patienceNs
        self.outside = outside
        coupons = try CouponLines(couponsPath, from: checkpoint)
        pace = SettlePace(perSecond: perSecond, nowNs: outside.nowNs())
        retries = RetrySchedule(baseMs: 200, capMs: 5_000)
        try files.cutRefused(to: checkpoint.refusedBytes)
    }

    /// Settles what is left. Returns when the end of the run stands in the control topic.
    mutating func run() async throws {
        guard !checkpoint.isFinished else { return }
        while true {
            let taken = try coupons.next(pace.size)
            guard !taken.coupons.isEmpty else {
                (checkpoint.offset, checkpoint.sum) = (taken.offset, taken.sum)
                break
            }
            let results = try await settle(taken.coupons)
            try note(taken, results)
        }
        _ = try await ask([], isDone: true)
        checkpoint.isFinished = true
        try files.save(checkpoint)
        outside.progress(checkpoint)
    }

    /// Asks until every coupon has an answer, or patience ends.
    private mutating func settle(_ coupons: [String]) async throws -> [SettleResult] {
        var results = [SettleResult?](repeating: nil, count: coupons.count)
        var open = Array(coupons.indices)
        let beganNs = outside.nowNs()
        var attempt = 1
        while true {
            let answers = try await ask(open.map { coupons[$0] }, isDone: false)
            for (index, answer) in zip(open, answers) { results[index] = answer }
            open = open.filter { results[$0]?.isFinal != true }
            if open.isEmpty { break }
            if outside.nowNs() - beganNs > patienceNs {
                guard open.count < coupons.count else { throw Self.outOfPatience(answers.first?.reason) }
                // Others of the same request were answered: these few are noted for another run.
                break
            }
            await pause(attempt, retryAfterMs: nil)
            attempt += 1
        }
        return results.map { $0 ?? .later(detail: "not answered") }
    }

    /// One request, repeated until it is answered as a whole.
    private mutating func ask(_ coupons: [String], isDone: Bool) async throws -> [SettleResult] {
        let request = SettleRequest(
            batch: checkpoint.batch, gift: checkpoint.gift, reason: reason, coupons: coupons, isDone: isDone)
        let beganNs = outside.nowNs()
        var attempt = 1
        while true {
            await awaitPace()
            switch await outside.ask(request) {
            case .results(let results):
                guard results.count == coupons.count else {
                    throw SettleFault(
                        SettleFault.badData, "\(results.count) answers came for \(coupons.count) coupons")
                }
                return results
            case .refused(let fault):
                throw fault
            case .later(let why, let retryAfterMs):
                guard outside.nowNs() - beganNs <= patienceNs else { throw Self.outOfPatience(why) }
                await pause(attempt, retryAfterMs: retryAfterMs)
                attempt += 1
            }
        }
    }

    private mutating func awaitPace() async {
        while true {
            let waitNs = pace.takeOrWaitNs(nowNs: outside.nowNs())
            if waitNs == 0 { return }
            await outside.sleepNs(waitNs)
        }
    }

    private func pause(_ attempt: Int, retryAfterMs: Int64?) async {
        let ms = retries.delayMs(attempt: attempt, random: outside.random(), retryAfterMs: retryAfterMs)
        await outside.sleepNs(UInt64(max(0, ms)) * 1_000_000)
    }

    private static func outOfPatience(_ why: String?) -> SettleFault {
        SettleFault(
            SettleFault.tryAgain,
            "Claim gave no answer for too long (\(why ?? "no reason")); run it again, it goes on from here")
    }

    /// Refused lines first, then the checkpoint that counts them.
    private mutating func note(_ taken: CouponLines.Taken, _ results: [SettleResult]) throws {
        var lines = [(coupon: String, result: SettleResult)]()
        for (coupon, result) in zip(taken.coupons, results) {
            switch result {
            case .granted: checkpoint.granted += 1
            case .skipped: checkpoint.skipped += 1
            case .refused, .later: lines.append((coupon, result))
            }
        }
        checkpoint.refusedBytes += try files.appendRefused(lines)
        checkpoint.refused += lines.count
        checkpoint.lines += results.count
        (checkpoint.offset, checkpoint.sum) = (taken.offset, taken.sum)
        try files.save(checkpoint)
        outside.progress(checkpoint)
    }
}
