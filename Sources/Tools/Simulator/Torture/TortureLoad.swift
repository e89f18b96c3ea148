import Glibc
import NIOCore
import NIOPosix
import Orders
import Synchronization
import Wire

/// Makes the attempts, as fast as the house answers, and keeps the notes.
///
/// Unchecked: everything but `progress`, which has a lock, is touched on `loop` only; the async methods hop
/// to it.
final class TortureLoad: @unchecked Sendable {
    struct Progress: Sendable {
        /// Attempts of the plan that were begun, and those made beyond it to settle what was open.
        var begun = 0
        var extra = 0
        var accepted = 0
        var notNow = 0
    }

    /// Connections to each Claim process: fewer in a small run, so that its attempts are not all made while
    /// the house is being rebuilt.
    private static func callersAPort(_ scale: TortureScale) -> Int { min(48, max(4, scale.attempts / 5000)) }

    let loop: any EventLoop
    let plan: TorturePlan
    let desk: TortureDesk
    private let shared = Mutex(Progress())
    private var current = Progress()
    private var notes: TortureNotes
    private var callers: [TortureCaller] = []
    private var random: SplitMix64
    private var isPaused = true
    /// No attempt of the plan is begun beyond this one.
    private var ceiling = 0
    private(set) var isOver = false
    /// Coupons still to be settled, once the plan's attempts are made.
    private var open: CircularBuffer<Int> = []
    private var isFinishing = false
    private var whenQuiet: EventLoopPromise<Void>?
    private var ticker: RepeatedTask?
    private var lines: NoteLines?

    /// - Parameters:
    ///   - ports: of the Claim processes.
    ///   - notesPath: where every answer is written down; nil: nowhere.
    init(plan: TorturePlan, desk: TortureDesk, ports: [Int], loop: any EventLoop, notesPath: String?) throws {
        self.plan = plan
        self.desk = desk
        self.loop = loop
        notes = TortureNotes(coupons: plan.scale.coupons)
        random = SplitMix64(seed: plan.scale.seed ^ 0x6a69)
        lines = try notesPath.map { try NoteLines(path: $0) }
        for port in ports {
            callers += (0..<Self.callersAPort(plan.scale)).map { _ in TortureCaller(port: port, load: self) }
        }
    }

    var progress: Progress { shared.withLock { $0 } }

    // MARK: - From outside

    func start() {
        loop.execute { [self] in
            isPaused = false
            for caller in callers { caller.dial() }
            ticker = loop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) {
                [weak self] _ in self?.tick()
            }
        }
    }

    /// Begins nothing more, and returns when everything on its way has come to an end.
    func pause() async throws {
        try await loop.flatSubmit { [self] in
            isPaused = true
            let promise = loop.makePromise(of: Void.self)
            whenQuiet = promise
            lookForQuiet()
            return promise.futureResult
        }.get()
    }

    func resume() {
        loop.execute { [self] in
            isPaused = false
            for caller in callers { caller.pump() }
        }
    }

    /// Lets people go on up to that attempt of the plan.
    func allow(upTo attempt: Int) {
        loop.execute { [self] in
            ceiling = max(ceiling, attempt)
            for caller in callers { caller.pump() }
        }
    }

    func cutAll() { loop.execute { [self] in for caller in callers { caller.cut() } } }

    /// Repeats what is open until it is settled; the plan's attempts are made.
    func settleRest(_ coupons: [Int]?) async throws {
        try await loop.submit { [self] in
            isFinishing = true
            open = CircularBuffer(coupons ?? notes.open)
            isPaused = false
            for caller in callers { caller.pump() }
        }.get()
    }

    /// How many coupons are still to be settled.
    func openCount() async throws -> Int {
        try await loop.submit { [self] in
            open.count + callers.reduce(0) { $0 + $1.onTheirWay }
        }.get()
    }

    func currentNotes() async throws -> TortureNotes {
        try await loop.submit { [self] in notes }.get()
    }

    /// Hangs up.
    func end() async throws {
        try await loop.submit { [self] in
            isOver = true
            ticker?.cancel()
            for caller in callers { caller.cut() }
            lines = nil
        }.get()
    }

    // MARK: - For the callers, on the loop

    /// What to attempt next; nil: nothing now.
    func next() -> TorturePlan.Attempt? {
        guard !isPaused else { return nil }
        if current.begun < plan.scale.attempts {
            guard current.begun < ceiling else { return nil }
            current.begun += 1
            return plan.attempt(current.begun - 1)
        }
        guard isFinishing, let coupon = open.popFirst() else { return nil }
        current.extra += 1
        // Of a coupon that was spent on its other body the order is found with that body.
        return TorturePlan.Attempt(coupon: coupon, namesAnotherGift: notes.standings[coupon] == .spent)
    }

    /// - Returns: whether the answer was "not now".
    func answered(_ sent: TortureCaller.Sent, _ answer: TortureNotes.Answer) -> Bool {
        let attempt = sent.attempt
        lines?.add(attempt, answer)
        let isNotNow = notes.take(
            answer, to: attempt, of: plan.part(attempt.coupon), sentNs: sent.sentNs,
            nowNs: NIODeadline.now().uptimeNanoseconds)
        if answer.status == 202 { current.accepted += 1 }
        if isNotNow { current.notNow += 1 }
        ended(attempt)
        return isNotNow
    }

    func lost(_ attempt: TorturePlan.Attempt) {
        notes.lost()
        lines?.add(attempt, nil)
        ended(attempt)
    }

    func jitter() -> UInt64 { random.next() }

    private func ended(_ attempt: TorturePlan.Attempt) {
        if isFinishing, notes.standings[attempt.coupon] == .open { open.append(attempt.coupon) }
        if isPaused { lookForQuiet() }
    }

    private func lookForQuiet() {
        guard let promise = whenQuiet, callers.allSatisfy({ $0.onTheirWay == 0 }) else { return }
        whenQuiet = nil
        promise.succeed()
    }

    private func tick() {
        let (current, nowNs) = (current, NIODeadline.now().uptimeNanoseconds)
        shared.withLock { $0 = current }
        for caller in callers { caller.look(nowNs: nowNs) }
        if isFinishing { for caller in callers { caller.pump() } }
        if isPaused { lookForQuiet() }
    }
}

/// Every answer in a file: `coupon own|other status order|problem`, one a line. One owner.
final class NoteLines {
    private static let flushBytes = 256 << 10
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(path: String) throws(NotesFault) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw NotesFault(path: path, code: errno) }
    }

    deinit {
        flush()
        close(descriptor)
    }

    /// - Parameter answer: nil: none came.
    func add(_ attempt: TorturePlan.Attempt, _ answer: TortureNotes.Answer?) {
        let body = attempt.namesAnotherGift ? "other" : "own"
        let word = answer?.order?.text ?? answer?.problem ?? "-"
        pending += "\(attempt.coupon) \(body) \(answer?.status ?? 0) \(word)\n".utf8
        if pending.count >= Self.flushBytes { flush() }
    }

    private func flush() {
        var rest = pending[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        pending.removeAll(keepingCapacity: true)
    }
}
