import Bench
import NIOCore
import NIOPosix

/// A load generator that sends when people would come, whether or not the server keeps up: latencies are
/// counted from the time at which a request was meant to be sent, so that none is omitted because others were
/// waited for.
///
/// `@unchecked Sendable`: everything is touched on `loop` only; `init` shares nothing else.
final class OpenLoop: @unchecked Sendable {
    struct Plan {
        var port: Int
        var connections: Int
        var perSecond: Double
        /// The first part is not counted: its requests make things steady.
        var settleSeconds: Double
        var seconds: Double
        var seed: UInt64
    }

    struct Outcome: Sendable {
        var latencies = Latencies()
        /// How late requests left because this generator was late, no connection free included.
        var lateness = Latencies()
        var sent = 0
        var succeeded = 0
        /// Of those that succeeded.
        var degraded = 0
        /// Neither answered in time nor at all.
        var lost = 0

        var successRatio: Double { sent == 0 ? 0 : Double(succeeded) / Double(sent) }
        var degradedRatio: Double { sent == 0 ? 0 : Double(degraded) / Double(sent) }
    }

    /// What is still unanswered so long after the last request was sent is lost.
    private static let graceNs: UInt64 = 10_000_000_000

    let loop: any EventLoop
    private let plan: Plan
    private let nextRequest: () -> ByteBuffer
    private let onSettled: () -> Void
    private var arrivals: ArrivalPlan
    private var startNs: UInt64 = 0
    private var isSettled = false
    private var idle: CircularBuffer<LoadConnection> = []
    private var connections: [LoadConnection] = []
    /// Intended times of requests for which no connection was free.
    private var waiting: CircularBuffer<(intendedNs: UInt64, request: ByteBuffer)> = []
    private var onTheirWay = 0
    private var outcome = Outcome()
    private var done: EventLoopPromise<Outcome>?

    /// - Parameters:
    ///   - nextRequest: called on `loop`, for each request.
    ///   - onSettled: called on `loop` once, when counting begins.
    init(
        _ plan: Plan, loop: any EventLoop, nextRequest: @escaping () -> ByteBuffer,
        onSettled: @escaping () -> Void
    ) {
        self.plan = plan
        self.loop = loop
        self.nextRequest = nextRequest
        self.onSettled = onSettled
        arrivals = ArrivalPlan(perSecond: plan.perSecond, seed: plan.seed)
    }

    /// Connects, runs the plan to its end and closes.
    func run() async throws -> Outcome {
        var channels: [any Channel] = []
        for _ in 0..<plan.connections {
            channels.append(
                try await ClientBootstrap(group: loop)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let connection = LoadConnection(owner: self)
                            try channel.pipeline.syncOperations.addHandler(connection)
                            self.connections.append(connection)
                            self.idle.append(connection)
                        }
                    }
                    .connect(host: "127.0.0.1", port: plan.port).get())
        }
        let outcome = try await loop.flatSubmit { self.begin() }.get()
        for channel in channels { try? await channel.close() }
        return outcome
    }

    // MARK: - On the loop

    private func begin() -> EventLoopFuture<Outcome> {
        let done = loop.makePromise(of: Outcome.self)
        self.done = done
        startNs = NIODeadline.now().uptimeNanoseconds
        pump()
        return done.futureResult
    }

    private var endNs: UInt64 { startNs + UInt64((plan.settleSeconds + plan.seconds) * 1e9) }
    private var settledNs: UInt64 { startNs + UInt64(plan.settleSeconds * 1e9) }

    /// Sends all that are due, and comes back when the next one is.
    private func pump() {
        let nowNs = NIODeadline.now().uptimeNanoseconds
        if !isSettled, nowNs >= settledNs {
            isSettled = true
            onSettled()
        }
        while startNs + arrivals.nextNs <= nowNs {
            let intendedNs = startNs + arrivals.nextNs
            guard intendedNs < endNs else { return finishUp() }
            arrivals.advance()
            onTheirWay += 1
            let request = nextRequest()
            if waiting.isEmpty, let connection = idle.popFirst() {
                send(request, intendedNs, connection, nowNs)
            } else {
                waiting.append((intendedNs, request))
            }
        }
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(startNs + arrivals.nextNs)) {
            self.pump()
        }
    }

    private func send(
        _ request: ByteBuffer, _ intendedNs: UInt64, _ connection: LoadConnection, _ nowNs: UInt64
    ) {
        if intendedNs >= settledNs {
            outcome.sent += 1
            outcome.lateness.add(nanoseconds: nowNs - intendedNs)
        }
        connection.send(request, intendedNs: intendedNs)
    }

    /// A connection has its answer, or is gone (status nil).
    func answered(_ connection: LoadConnection, status: Int?, isDegraded: Bool, intendedNs: UInt64) {
        let nowNs = NIODeadline.now().uptimeNanoseconds
        onTheirWay -= 1
        if intendedNs >= settledNs {
            outcome.latencies.add(nanoseconds: nowNs - intendedNs)
            if status == 200 {
                outcome.succeeded += 1
                if isDegraded { outcome.degraded += 1 }
            } else if status == nil {
                outcome.lost += 1
            }
        }
        if status != nil {
            if let next = waiting.popFirst() {
                send(next.request, next.intendedNs, connection, nowNs)
            } else {
                idle.append(connection)
            }
        }
        if onTheirWay == 0, nowNs >= endNs { finish() }
    }

    /// The last one is sent: the rest is waited for, not for ever.
    private func finishUp() {
        guard onTheirWay > 0 else { return finish() }
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(Self.graceNs))) { self.finish() }
    }

    private func finish() {
        guard let done else { return }
        self.done = nil
        outcome.lost += onTheirWay
        done.succeed(outcome)
    }
}

/// One connection, one request at a time; on the generator's loop.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let degraded = Array("\"degraded\":true".utf8)
    /// It stands at the beginning of the list.
    private static let searched = 1024

    private unowned let owner: OpenLoop
    private var context: ChannelHandlerContext?
    private var scanner = AnswerScanner()
    /// Of the request that is on its way; nil = none is.
    private var intendedNs: UInt64?
    private var isFirstPiece = true
    private var isDegraded = false

    init(owner: OpenLoop) {
        self.owner = owner
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func send(_ request: ByteBuffer, intendedNs: UInt64) {
        self.intendedNs = intendedNs
        isFirstPiece = true
        isDegraded = false
        guard let context, context.channel.isActive else { return lose() }
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let event = buffer.withUnsafeReadableBytes { bytes in
            if isFirstPiece { isDegraded = Self.saysDegraded(bytes) }
            return scanner.take(bytes)
        }
        isFirstPiece = false
        switch event {
        case .more: break
        case .broken: context.close(promise: nil)
        case .answer(let status):
            guard let intendedNs else { return context.close(promise: nil) }
            self.intendedNs = nil
            owner.answered(self, status: status, isDegraded: isDegraded, intendedNs: intendedNs)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        lose()
    }

    private func lose() {
        guard let intendedNs else { return }
        self.intendedNs = nil
        owner.answered(self, status: nil, isDegraded: false, intendedNs: intendedNs)
    }

    private static func saysDegraded(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(searched))
        guard bytes.count >= degraded.count else { return false }
        return (0...(bytes.count - degraded.count)).contains { start in
            bytes[start] == degraded[0]
                && UnsafeRawBufferPointer(rebasing: bytes[start..<start + degraded.count])
                    .elementsEqual(degraded)
        }
    }
}
