import Bench
import NIOCore
import NIOPosix

/// A load generator that sends when people would come, whether or not the server keeps up: times are counted
/// from when a request was meant to be sent. A request takes the next connection in turn, behind what is
/// still open there.
///
/// `@unchecked Sendable`: everything is touched on `loop` only; `init` shares nothing else.
final class TimedLoad: @unchecked Sendable {
    struct Plan {
        var port: Int
        var connections: Int
        var perSecond: Double
        /// The first part is not counted: its requests make things steady.
        var settleSeconds: Double
        var seconds: Double
        var first = 0
    }

    struct Outcome: Sendable {
        var latencies = Latencies()
        /// How late requests left because this generator was.
        var lateness = Latencies()
        var answers: [Int: Int] = [:]
        /// Not answered, or over a connection that was lost.
        var lost = 0
    }

    private static let graceNs: UInt64 = 10_000_000_000

    let loop: any EventLoop
    private let plan: Plan
    private let book: RequestBook
    private var arrivals: ArrivalPlan
    private var startNs: UInt64 = 0
    private var next: Int
    private var turn = 0
    private var connections: [TimedConnection] = []
    private var open = 0
    private var outcome = Outcome()
    private var done: EventLoopPromise<Outcome>?

    init(_ plan: Plan, _ book: RequestBook, loop: any EventLoop) {
        self.plan = plan
        self.book = book
        self.loop = loop
        next = plan.first
        arrivals = ArrivalPlan(perSecond: plan.perSecond, seed: ClaimStage.seed)
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
                            let connection = TimedConnection(owner: self)
                            try channel.pipeline.syncOperations.addHandler(connection)
                            self.connections.append(connection)
                        }
                    }
                    .connect(host: "127.0.0.1", port: plan.port).get())
        }
        let outcome = try await loop.flatSubmit { self.begin() }.get()
        for channel in channels { try? await channel.close() }
        return outcome
    }

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
        var touched: [TimedConnection] = []
        while startNs + arrivals.nextNs <= nowNs {
            let intendedNs = startNs + arrivals.nextNs
            guard intendedNs < endNs, next < book.count else {
                for connection in touched { connection.flush() }
                return finishUp()
            }
            arrivals.advance()
            let connection = connections[turn]
            turn = (turn + 1) % connections.count
            if intendedNs >= settledNs { outcome.lateness.add(nanoseconds: nowNs - intendedNs) }
            open += 1
            connection.write(ByteBuffer(bytes: book.bytes[book.range(next, 1)]), intendedNs: intendedNs)
            next += 1
            touched.append(connection)
        }
        for connection in touched { connection.flush() }
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(startNs + arrivals.nextNs)) {
            self.pump()
        }
    }

    /// - Parameter status: 0 = none will come.
    func answered(status: Int, intendedNs: UInt64) {
        open -= 1
        if intendedNs >= settledNs {
            if status == 0 {
                outcome.lost += 1
            } else {
                outcome.answers[status, default: 0] += 1
                outcome.latencies.add(nanoseconds: NIODeadline.now().uptimeNanoseconds - intendedNs)
            }
        }
        if open == 0, NIODeadline.now().uptimeNanoseconds >= endNs { finish() }
    }

    private func finishUp() {
        guard open > 0 else { return finish() }
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(Self.graceNs))) { self.finish() }
    }

    private func finish() {
        guard let done else { return }
        self.done = nil
        outcome.lost += open
        done.succeed(outcome)
    }
}

/// One connection of the generator, on its loop; answers come in the order of the requests.
final class TimedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private unowned let owner: TimedLoad
    private var context: ChannelHandlerContext?
    private var counter = AnswerCounter()
    private var intended: CircularBuffer<UInt64> = []

    init(owner: TimedLoad) {
        self.owner = owner
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func write(_ request: ByteBuffer, intendedNs: UInt64) {
        guard let context, context.channel.isActive else {
            return owner.answered(status: 0, intendedNs: intendedNs)
        }
        intended.append(intendedNs)
        context.write(wrapOutboundOut(request), promise: nil)
    }

    func flush() { context?.flush() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var statuses: [Int] = []
        let isSound = unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            counter.take(bytes) { statuses.append($0) }
        }
        for status in statuses {
            guard let intendedNs = intended.popFirst() else { return context.close(promise: nil) }
            owner.answered(status: status, intendedNs: intendedNs)
        }
        if !isSound { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        while let intendedNs = intended.popFirst() { owner.answered(status: 0, intendedNs: intendedNs) }
    }
}
