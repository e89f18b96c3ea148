import NIOCore
import NIOPosix

/// One person's telephone: a connection to one Claim process with a few requests on their way, dialled anew
/// whenever it is lost.
///
/// Unchecked: it is made before the load starts, and from then on touched on the load's loop only; its
/// connections are of that loop too.
final class TortureCaller: @unchecked Sendable {
    struct Sent {
        let attempt: TorturePlan.Attempt
        let sentNs: UInt64
    }

    /// Requests on their way at once.
    private static let depth = 2
    private static let redialMs: Int64 = 100
    /// After "not now", at most; half of it at least.
    private static let restMs: UInt64 = 300
    /// An answer that does not come in this time is not waited for.
    private static let patienceNs: UInt64 = 10_000_000_000

    private let port: Int
    private unowned let load: TortureLoad
    private var channel: (any Channel)?
    private var sent: CircularBuffer<Sent> = []
    private var restsUntilNs: UInt64 = 0
    /// Counts dials: what an earlier connection still says is nobody's.
    private var generation = 0

    init(port: Int, load: TortureLoad) {
        self.port = port
        self.load = load
    }

    var onTheirWay: Int { sent.count }

    func dial() {
        guard !load.isOver else { return }
        generation += 1
        let (mine, loop) = (generation, load.loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(1))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = AnswerHandler(
                        take: { [weak self] in self?.answered($0, $1, generation: mine) },
                        ended: { [weak self] in self?.lost(generation: mine) })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let channel):
                    guard generation == mine else { return }
                    // Ended as soon as it stood: nobody else tells of it.
                    guard channel.isActive else { return redial() }
                    self.channel = channel
                    pump()
                case .failure: redial()
                }
            }
    }

    private func redial() {
        load.loop.assumeIsolated().scheduleTask(in: .milliseconds(Self.redialMs)) { [self] in
            if channel == nil { dial() }
        }
    }

    /// Sends what may be sent now.
    func pump() {
        guard let channel, channel.isActive else { return }
        let nowNs = NIODeadline.now().uptimeNanoseconds
        guard nowNs >= restsUntilNs else { return }
        var wrote = false
        while sent.count < Self.depth, let attempt = load.next() {
            sent.append(Sent(attempt: attempt, sentNs: nowNs))
            channel.write(ByteBuffer(bytes: load.desk.request(attempt)), promise: nil)
            wrote = true
        }
        if wrote { channel.flush() }
    }

    private func answered(_ status: Int, _ body: ArraySlice<UInt8>, generation: Int) {
        guard generation == self.generation, let first = sent.popFirst() else { return }
        if load.answered(first, TortureDesk.answer(status: status, body: body)) {
            let restMs = Self.restMs / 2 + load.jitter() % (Self.restMs / 2)
            restsUntilNs = NIODeadline.now().uptimeNanoseconds + restMs * 1_000_000
            load.loop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(restMs) + 1)) { self.pump() }
        } else {
            pump()
        }
    }

    private func lost(generation: Int) {
        guard generation == self.generation, channel != nil || !sent.isEmpty else { return }
        channel = nil
        let gone = sent
        sent.removeAll()
        for each in gone { load.lost(each.attempt) }
        redial()
    }

    /// Drops the connection, whatever is on its way.
    func cut() { channel?.close(promise: nil) }

    /// Drops a connection whose answers do not come.
    func look(nowNs: UInt64) {
        guard let oldest = sent.first, nowNs > oldest.sentNs + Self.patienceNs else { return }
        cut()
    }
}

/// Hands whole answers on; on the connection's loop.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var stream = AnswerStream()
    private let take: (Int, ArraySlice<UInt8>) -> Void
    private let ended: () -> Void

    init(take: @escaping (Int, ArraySlice<UInt8>) -> Void, ended: @escaping () -> Void) {
        self.take = take
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var answers: [(Int, ArraySlice<UInt8>)] = []
        let isSound = unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            stream.take(bytes) { answers.append(($0, $1)) }
        }
        for (status, body) in answers { take(status, body) }
        if !isSound { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
