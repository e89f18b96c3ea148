import Logging
import NIOCore

/// One connection to one Redis server, owned by one event loop.
///
/// It dials, greets (AUTH, SELECT, CLIENT SETNAME, PING), pipelines, and after a loss dials again with
/// jittered back-off until it is closed. While it is not ready, commands fail at once as `.neverSent`:
/// a caller that would rather wait asks `ready(within:)`. All commands of one tick of the loop leave
/// in one write. Everything that is decided is decided by `RedisConnectionMachine`; this class moves
/// bytes, timers and completions.
// `@unchecked Sendable`: every stored property that changes is touched on `loop` only. The methods
// that may be called from elsewhere (the async ones) do nothing but hop to it; the others assert it.
package final class RedisConnection: @unchecked Sendable {
    /// Called once, on the loop. Not Sendable: it may hold the loop's own state.
    package typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    package let loop: any EventLoop
    package let address: RedisAddress
    package let options: RedisOptions
    let logger: Logger
    private let dialer: RedisDialer

    private var machine: RedisConnectionMachine<Completion>
    private var channel: (any Channel)?
    /// Counts dials, so that late word from an abandoned channel is told apart.
    private var generation: UInt64 = 0
    /// The bytes of this tick.
    private var outgoing = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var timerAtNs: UInt64 = 0
    /// Digests whose SCRIPT LOAD is on its way.
    var loadingScripts: Set<String> = []
    var readyWaiters = RedisReadyWaiters()

    /// Called on the loop when the connection becomes ready (true) or is lost (false).
    package var onState: ((Bool) -> Void)?
    /// What was done since `init`; on the loop.
    package internal(set) var counters = RedisCounters()

    /// - Parameters:
    ///   - loop: owns the connection; completions run on it.
    ///   - logger: silent unless given.
    ///   - dialer: how to get a channel.
    ///   - jitterSeed: for the random half of the back-off.
    package init(
        address: RedisAddress, loop: any EventLoop, options: RedisOptions = RedisOptions(),
        logger: Logger = Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() },
        dialer: RedisDialer = .tcp,
        jitterSeed: UInt64 = .random(in: .min ... .max)
    ) {
        self.address = address
        self.loop = loop
        self.options = options
        var logger = logger
        logger[metadataKey: "redis"] = "\(address)"
        self.logger = logger
        self.dialer = dialer
        machine = RedisConnectionMachine(limits: options.limits, seed: jitterSeed)
    }

    // MARK: - Life, on the loop

    /// Whether commands are taken now.
    package var isReady: Bool {
        loop.assertInEventLoop()
        return machine.phase == .ready
    }

    var isClosed: Bool { machine.phase == .closed }

    /// Commands whose replies have not come, timed-out ones included.
    package var inFlight: Int {
        loop.assertInEventLoop()
        return machine.inFlight
    }

    /// Dials, now and after each loss; only the first call does anything.
    package func start() {
        loop.assertInEventLoop()
        if machine.start() == .dial { dial() }
    }

    /// Ends the connection for good; commands in flight are reported as unknown.
    package func close() {
        loop.assertInEventLoop()
        settle(machine.close(), reason: "closed here")
        for then in readyWaiters.takeAll() {
            then(.failure(RedisFailure(kind: .neverSent, message: "the connection was closed")))
        }
    }

    /// Sends one command. `then` is called once, on the loop, and may send again.
    ///
    /// - Parameter timeout: nil: `RedisOptions.commandTimeout`.
    package func send(_ command: RedisCommand, timeout: Duration? = nil, then: @escaping Completion) {
        send(command, deadlineNs: deadlineNs(timeout), then: then)
    }

    func deadlineNs(_ timeout: Duration?) -> UInt64 {
        nowNs + (timeout ?? options.commandTimeout).nanoseconds
    }

    func send(_ command: RedisCommand, deadlineNs: UInt64, then: @escaping Completion) {
        loop.assertInEventLoop()
        guard command.bytes.count <= options.maxCommandBytes else {
            return refuse(then, "a command of \(command.bytes.count) bytes is too long")
        }
        switch machine.send(then, deadlineNs: deadlineNs) {
        case .queued(let flush):
            RedisCommandFormatter.append(command, to: &outgoing)
            counters.sent += 1
            armTimer(atNs: deadlineNs)
            if flush { loop.execute { self.flush() } }
        case .refusedNotReady: refuse(then, "not connected to \(address)")
        case .refusedFull: refuse(then, "\(options.maxInFlight) commands are in flight")
        }
    }

    private func refuse(_ then: Completion, _ message: String) {
        counters.refusedHere += 1
        then(.failure(RedisFailure(kind: .neverSent, message: message)))
    }

    private func flush() {
        guard case .write = machine.flush(), let channel else { return }
        let bytes = outgoing
        // The channel keeps the buffer until it is written, so the next tick gets another, as large.
        outgoing = channel.allocator.buffer(capacity: min(bytes.readableBytes, 64 * 1024))
        counters.writes += 1
        channel.writeAndFlush(bytes, promise: nil)
    }

    // MARK: - Word from the channel, on the loop

    /// - Returns: false when the channel is no longer the connection's.
    func received(generation: UInt64) -> Bool {
        guard generation == self.generation else { return false }
        machine.received(nowNs: nowNs)
        return true
    }

    /// - Returns: false when the channel is no longer the connection's.
    func replied(_ reply: RedisReply, generation: UInt64) -> Bool {
        guard generation == self.generation else { return false }
        var errorText: String?
        if case .error(let text) = reply { errorText = text }
        switch machine.replied(isError: errorText != nil) {
        case .complete(let then):
            counters.replies += 1
            then(errorText.map { .failure(RedisFailure(errorReply: $0)) } ?? .success(reply))
        case .discard: counters.late += 1
        case .becameReady: becameReady()
        case .nothing: break
        case .lost(let loss, let reason):
            settle(loss, reason: "\(reason)\(errorText.map { ": \($0)" } ?? "")")
        }
        return generation == self.generation
    }

    func disconnected(generation: UInt64, reason: String) {
        guard generation == self.generation else { return }
        if case .lost(let loss) = machine.disconnected(nowNs: nowNs) {
            settle(loss, reason: reason)
        }
    }

    private func becameReady() {
        logger.info("connected")
        onState?(true)
        for then in readyWaiters.takeAll() { then(.success(.null)) }
    }

    // MARK: - Dialling

    private func dial() {
        generation += 1
        let generation = generation
        let maxReplyBytes = options.maxReplyBytes
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    RedisChannelHandler(owner: self, generation: generation, maxReplyBytes: maxReplyBytes))
            }
        }
        // `hop`: a custom dialer may complete elsewhere; ours does not, and then it is free.
        dialer.dial(address, loop, options.connectTimeout, prepare).hop(to: loop).whenComplete { result in
            self.dialled(result, generation: generation)
        }
    }

    private func dialled(_ result: Result<any Channel, any Error>, generation: UInt64) {
        switch result {
        case .success(let channel):
            guard generation == self.generation else { return channel.close(promise: nil) }
            let greetings = greeting()
            switch machine.dialSucceeded(greetings: greetings.count, nowNs: nowNs) {
            case .hangUp: channel.close(promise: nil)
            case .greet:
                self.channel = channel
                // Closed between connecting and now: the handler's word came before the greeting.
                guard channel.isActive else {
                    return disconnected(generation: generation, reason: "closed by the server")
                }
                write(greetings, to: channel)
                machine.nextWakeNs.map(armTimer)
            }
        case .failure(let error):
            guard generation == self.generation else { return }
            if case .redial(let atNs) = machine.dialFailed(nowNs: nowNs) {
                counters.failedDials += 1
                logger.warning("cannot connect", metadata: ["error": "\(error)"])
                redial(atNs: atNs)
            }
        }
    }

    /// PING comes last: only its answer tells that the server lets us in and has loaded its data.
    private func greeting() -> [RedisCommand] {
        var commands: [RedisCommand] = []
        if let password = address.password {
            commands.append(
                address.user.map { .make("AUTH", $0, password) } ?? .make("AUTH", password))
        }
        if address.database != 0 { commands.append(.make("SELECT", String(address.database))) }
        if let name = options.clientName { commands.append(.make("CLIENT", "SETNAME", name)) }
        commands.append(.make("PING"))
        return commands
    }

    private func write(_ commands: [RedisCommand], to channel: any Channel) {
        var bytes = channel.allocator.buffer(capacity: 256)
        for command in commands { RedisCommandFormatter.append(command, to: &bytes) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    private func redial(atNs: UInt64) {
        loop.scheduleTask(deadline: .uptimeNanoseconds(atNs)) {
            if self.machine.redialDue() == .dial { self.dial() }
        }
    }

    // MARK: - Loss and time

    /// Carries out a loss: the old channel is cut off first, so that completions that send again meet
    /// a connection that is plainly not ready.
    private func settle(_ loss: RedisConnectionMachine<Completion>.Loss, reason: String) {
        generation += 1
        channel?.close(promise: nil)
        channel = nil
        outgoing.clear()
        loadingScripts.removeAll()
        timer?.cancel()
        timer = nil
        if let atNs = loss.redialAtNs {
            counters.losses += 1
            logger.warning(
                "connection lost",
                metadata: ["reason": "\(reason)", "unknown": "\(loss.unknown.count)"])
            redial(atNs: atNs)
        }
        if loss.wasReady { onState?(false) }
        for then in loss.unknown {
            then(.failure(RedisFailure(kind: .unknown, message: "connection lost: \(reason)")))
        }
        for then in loss.neverSent {
            then(.failure(RedisFailure(kind: .neverSent, message: "connection lost: \(reason)")))
        }
    }

    private var nowNs: UInt64 { loop.now.uptimeNanoseconds }

    /// One timer serves all commands: it is moved only to fire earlier, and looks for the next
    /// deadline when it fires.
    private func armTimer(atNs: UInt64) {
        if timer != nil, timerAtNs <= atNs { return }
        timer?.cancel()
        timerAtNs = atNs
        timer = loop.scheduleTask(deadline: .uptimeNanoseconds(atNs)) { self.wake() }
    }

    private func wake() {
        timer = nil
        let action = machine.wake(nowNs: nowNs)
        // Deadlines of one millisecond are served together: a hung server would else mean a wake-up a
        // command.
        if let next = action.nextNs { armTimer(atNs: max(next, nowNs + 1_000_000)) }
        counters.timedOut += UInt64(action.expired.count)
        for then in action.expired {
            then(.failure(RedisFailure(kind: .unknown, message: "no reply in time from \(address)")))
        }
        if let (loss, reason) = action.lost { settle(loss, reason: "\(reason)") }
    }
}
