import Glibc
import Metrics
import NIOCore

/// What the connections of one event loop share: the service, the date line, the sweep that looks at
/// deadlines, and the flush at the end of a tick.
///
/// `@unchecked Sendable`: the reference crosses threads, its state does not. Everything but the constants is
/// touched on `loop` only; the entry points that other threads reach hop there first.
final class ServerLoop: @unchecked Sendable {
    let loop: any EventLoop
    let options: HTTPServerOptions
    let service: any HTTPService
    let maxConnections: Int
    private(set) var date = DateLine()
    /// Sweeps since the start: the clock of all deadlines, so that no request reads a clock.
    private(set) var sweep: UInt32 = 0
    private(set) var isDraining = false
    let meters: ServerMeters
    var tally = ServerTally()

    private let unixS: @Sendable () -> Int64
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var dirty: [HTTPConnection] = []
    /// The empty array that takes turns with `dirty`, so that no tick allocates one.
    private var spare: [HTTPConnection] = []
    /// Buffers that no connection gathers in just now.
    private var buffers: [ByteBuffer] = []
    private var whenDrained: EventLoopPromise<Void>?
    private var timer: RepeatedTask?

    /// On `loop`.
    init(
        loop: any EventLoop, options: HTTPServerOptions, maxConnections: Int, meters: ServerMeters,
        service: any HTTPService, unixS: @escaping @Sendable () -> Int64
    ) {
        loop.preconditionInEventLoop()
        self.loop = loop
        self.options = options
        self.maxConnections = maxConnections
        self.meters = meters
        self.service = service
        self.unixS = unixS
        date.update(unixS: unixS())
        timer = loop.scheduleRepeatedTask(
            initialDelay: options.sweepInterval, delay: options.sweepInterval
        ) { [weak self] _ in self?.look() }
    }

    // MARK: Connections

    /// False when the peer's network is none of those allowed, there are too many, or the server is closing:
    /// the connection is then closed at once.
    func admit(_ connection: HTTPConnection) -> Bool {
        guard options.allows(connection.peer), connections.count < maxConnections, !isDraining else {
            tally.refused += 1
            return false
        }
        connections[ObjectIdentifier(connection)] = connection
        tally.opened += 1
        return true
    }

    func forget(_ connection: HTTPConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        tally.closed += 1
        if isDraining, connections.isEmpty { finishDrain() }
    }

    /// Has the connection's gathered bytes written out at the end of this tick, together with those of all
    /// others that were answered in it.
    func flushSoon(_ connection: HTTPConnection) {
        dirty.append(connection)
        guard dirty.count == 1 else { return }
        loop.execute { [self] in
            var batch = dirty
            dirty = spare
            for connection in batch { connection.flushGathered() }
            batch.removeAll(keepingCapacity: batch.count <= 1024)
            spare = batch
        }
    }

    // MARK: Buffers

    /// Most buffers kept, and the largest: what a tick's answers take, and no burst's peak for ever.
    private static let maxBuffers = 64
    private static let maxBufferBytes = 64 * 1024

    /// A buffer to gather in. A connection holds one only from an answer to the end of the tick, so that few
    /// serve all connections and stay in the processor's caches.
    func lendBuffer() -> ByteBuffer {
        buffers.popLast() ?? ByteBufferAllocator().buffer(capacity: 4096)
    }

    /// Takes a buffer whose bytes have been handed to the channel, and leaves an empty one. Its storage is
    /// used again when the socket has taken the bytes; otherwise `clear` makes new storage.
    func takeBack(_ buffer: inout ByteBuffer) {
        var lent = ByteBuffer()
        swap(&lent, &buffer)
        guard lent.capacity <= Self.maxBufferBytes, buffers.count < Self.maxBuffers else { return }
        lent.clear()
        buffers.append(lent)
    }

    // MARK: Deadlines

    private func look() {
        sweep &+= 1
        date.update(unixS: unixS())
        // A copy: a connection that is cut off removes itself.
        for connection in Array(connections.values) { connection.checkDeadlines() }
        meters.take(&tally)
    }

    // MARK: Drain

    /// Ends every connection as soon as what it has begun is answered. Idle ones are
    /// left until the next sweep, so that a request already on its way still gets its answer. Any thread.
    func drain() -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        loop.execute { [self] in
            if let whenDrained {
                whenDrained.futureResult.cascade(to: promise)
                return
            }
            isDraining = true
            whenDrained = promise
            for connection in Array(connections.values) { connection.drain() }
            if connections.isEmpty { finishDrain() }
        }
        return promise.futureResult
    }

    /// Cuts off what is left of a drain whose time is up. Any thread.
    func abort() {
        loop.execute { [self] in
            for connection in Array(connections.values) { connection.cut() }
        }
    }

    private func finishDrain() {
        timer?.cancel()
        timer = nil
        meters.take(&tally)
        whenDrained?.succeed(())
    }

    /// Unix seconds as the kernel last noted them: good enough for `date`, and cheaper than an exact reading.
    static func coarseUnixS() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec)
    }
}
