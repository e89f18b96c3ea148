import CCurl
import Glibc

/// The curl thread's world: one curl_multi driven by epoll through curl's socket interface, so that a turn
/// costs what is ready and not what is under way.
///
/// One turn: wait, let curl work on ready sockets and timers, take the mail, start what may start, collect
/// what is done, give up on what is late, report all of it in one batch.
///
/// Time limits of whole requests are ours, not curl's: curl looks at the clock before it looks at the
/// socket, and after a stall of this process would call every answer that had arrived meanwhile a
/// time-out, that is, unknown. Here what can be read is read first. curl only limits connecting.
///
/// Plain http takes the plain path: curl resolves and connects, then its socket is taken over and the
/// exchange is ours, at a fraction of the cost. The socket is taken over, rather than used while curl keeps
/// the connection (CURLOPT_CONNECT_ONLY's usual way), because libcurl 7.88.1 looks through the connections
/// that no transfer is attached to once a second and closes those that are readable or old
/// (`extract_if_dead`), which may be one that we just wait on for an answer.
///
/// Everything in here runs on the curl thread; other threads reach the mailbox only.
final class CurlLoop {
    /// Nothing needs a longer sleep than this; it bounds what a lost wake-up could cost.
    static let maxSleepNs: UInt64 = 1_000_000_000
    /// Sockets that a turn finds ready from which on the next one is not waited for.
    static let fullTurn = 128

    let multi: UnsafeMutableRawPointer
    let mailbox: Mailbox
    let options: HTTPClientOptions
    let sockets = SocketWatch()
    let queues: HostQueues
    let plainRequest: PlainRequest
    /// The plain path's connections, by descriptor.
    var plain: [PlainConnection?] = []
    var plainCount = 0
    /// How many of them rest.
    var restingCount = 0
    var nextSweepNs: UInt64 = 0
    /// A request as it is written, until a connection takes it.
    var outgoing: [UInt8] = []
    /// What is read goes through here.
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    /// Every handle ever made, at most `maxConnections`.
    var transfers: [Transfer] = []
    var completions: [HTTPClientCompletion] = []
    /// Completions that belong to accepted requests (refused ones never counted as outstanding).
    var completedCount = 0
    /// No live transfer is due before this time.
    var nextDeadlineNs = UInt64.max

    private let report: @Sendable ([HTTPClientCompletion]) -> Void
    /// When curl wants to be called without a socket being ready.
    private var timerNs: UInt64?
    private var closeAtNs: UInt64?
    /// Not to look at sockets and mail before.
    private var nextTurnNs: UInt64 = 0

    init(
        options: HTTPClientOptions, mailbox: Mailbox,
        report: @escaping @Sendable ([HTTPClientCompletion]) -> Void
    ) {
        guard let multi = curl_multi_init() else { fatalError("curl has no memory left") }
        self.multi = multi
        self.mailbox = mailbox
        self.options = options
        self.report = report
        plainRequest = PlainRequest(userAgent: options.userAgent)
        queues = HostQueues(perHost: options.perHost, maxTransfers: options.maxConnections)
        connect()
    }

    deinit { room.deallocate() }

    /// The thread's body; returns when the client is closed and everything is reported.
    func run() {
        repeat {
            let (hasMail, isDrained) = waitAndWork()
            if hasMail {
                let mail = mailbox.take()
                closeAtNs = mail.closeAtNs
                accept(mail, nowNs: monotonicNs())
            }
            // Sockets that are ready but not seen yet come before time-outs.
            if isDrained { giveUpLate(nowNs: monotonicNs()) }
            startWaiting()
            sweepResting()
            if let closeAtNs, closeAtNs <= monotonicNs() { cutShort() }
            flush()
        } while closeAtNs == nil || queues.live > 0 || queues.waitingCount > 0
        closePlain()
        // Every easy handle before the multi handle, as curl asks.
        queues.forgetTransfers()
        transfers.removeAll()
        curl_multi_cleanup(multi)
    }

    private func connect() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        hb_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.maxConnections)
        hb_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        hb_multi_set_socket_function(
            multi,
            { _, socket, what, context, _ in
                guard let context else { return -1 }
                Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().sockets.watch(socket, what)
                return 0
            }, context)
        hb_multi_set_timer_function(
            multi,
            { _, timeoutMs, context in
                guard let context else { return -1 }
                let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
                loop.timerNs = timeoutMs < 0 ? nil : monotonicNs() + UInt64(timeoutMs) * 1_000_000
                return 0
            }, context)
        sockets.watch(mailbox.descriptor, CURL_POLL_IN)
    }

    /// Waits for something to do and lets curl do it. `isDrained`: nothing else was ready.
    private func waitAndWork() -> (hasMail: Bool, isDrained: Bool) {
        var hasMail = false
        var handled = 0
        gather()
        let isDrained = sockets.wait(timeoutMs: sleepMs()) { descriptor, mask in
            handled += 1
            if descriptor == mailbox.descriptor {
                hasMail = true
            } else if let connection = plainConnection(descriptor) {
                proceed(connection)
            } else {
                act(descriptor, mask)
            }
        }
        runTimer()
        if options.turnUs > 0 {
            // The more a turn finds, the less there is to gain by waiting for more.
            let idle = UInt64(max(0, Self.fullTurn - handled))
            nextTurnNs = monotonicNs() + UInt64(options.turnUs) * 1000 * idle / UInt64(Self.fullTurn)
        }
        return (hasMail, isDrained)
    }

    /// Lets work gather until a turn is due.
    private func gather() {
        guard options.turnUs > 0, closeAtNs == nil else { return }
        let nowNs = monotonicNs()
        guard nowNs < nextTurnNs else { return }
        var pause = timespec(tv_sec: 0, tv_nsec: Int(nextTurnNs - nowNs))
        nanosleep(&pause, nil)
    }

    func runTimer() {
        if let timerNs, timerNs <= monotonicNs() {
            self.timerNs = nil
            act(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        let code = curl_multi_socket_action(multi, socket, mask, &running)
        precondition(code == CURLM_OK, "curl_multi_socket_action failed: \(code.rawValue)")
        collect()
    }

    private func sleepMs() -> Int32 {
        let nowNs = monotonicNs()
        var untilNs = min(nowNs + Self.maxSleepNs, timerNs ?? .max, nextDeadlineNs, closeAtNs ?? .max)
        if let expiryNs = queues.nextExpiryNs { untilNs = min(untilNs, expiryNs) }
        guard untilNs > nowNs else { return 0 }
        // Rounded up: waking up a little early would only mean to wait again.
        return Int32((untilNs - nowNs + 999_999) / 1_000_000)
    }

    private func flush() {
        guard !completions.isEmpty else { return }
        let batch = completions
        completions = []
        completions.reserveCapacity(batch.count)
        mailbox.completed(completedCount)
        completedCount = 0
        report(batch)
    }

    /// The deadline of a close: whatever is left ends here.
    private func cutShort() {
        for request in queues.removeAllWaiting() { refuse(request, .closed, "the client was closed") }
        for transfer in transfers where transfer.isLive {
            end(transfer, transfer.outcome(cutShort: .closed, "the client was closed"), isRemoved: false)
        }
        for case let connection? in plain where connection.isLive {
            end(connection, connection.outcome(cutShort: .closed, "the client was closed"), isReusable: false)
        }
    }
}
