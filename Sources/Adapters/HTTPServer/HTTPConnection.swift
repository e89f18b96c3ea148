import NIOCore
import Wire

/// One connection: requests in, answers out in the requests' order.
///
/// It is the only handler of its channel, or the one behind TLS: bytes are parsed where they were read and
/// answers written as bytes. Reading stops while the service holds as many requests as it may, or the peer
/// takes no answers; what one read has brought beyond that waits here, and one read is bounded by
/// `maxHeaderBytes`.
///
/// Its life: open → (last answer written, nothing more accepted) lingering → closed. Lingering means: our
/// side is shut, what the peer still says is read and dropped, so that a reset does not overtake the last
/// answer.
///
/// `@unchecked Sendable`: a responder may carry the reference to other threads, but all state is touched on
/// `loop` only; `HTTPResponder.respond` hops there.
final class HTTPConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case open
        /// Nothing more is accepted; the answers of what was begun are still owed.
        case finishing
        case lingering
        case closed
    }

    let loop: any EventLoop
    let shared: ServerLoop
    var phase = Phase.open
    var context: ChannelHandlerContext?
    var remoteAddress = ""
    /// The same in bits; nil when it has none.
    var peer: IPAddress?

    // The request being received.
    var parser: RequestParser
    /// Read and not consumed: the beginning of a head or trailer.
    var kept = ByteBuffer()
    /// In a body.
    var incoming: IncomingRequest?
    /// Whole requests so far; wraps around.
    var received: UInt32 = 0
    /// Whole requests that the service has no room for yet.
    var waiting = CircularBuffer<HTTPRequest>(initialCapacity: 0)
    var answers = AnswerQueue()
    /// The sequence number of the next request to hand over.
    var nextToHandOver: UInt64 = 0
    var isPumping = false
    /// The peer has shut its side.
    var peerEnded = false
    /// The TLS handshake is not over.
    var isSecuring = false
    /// All that will ever be written has reached the socket.
    var isWrittenOut = false

    // Reading.
    var isInRead = false
    var readIsHeld = false

    // Writing.
    /// What has been gathered; its storage is lent by `shared`.
    var out = ByteBuffer()
    var isFlushDue = false
    var isWritable = true

    // Deadlines, in sweeps.
    var idleSince: UInt32
    var receivingSince: UInt32
    var phaseSince: UInt32 = 0
    var unwritableSince: UInt32 = 0

    init(shared: ServerLoop) {
        self.shared = shared
        loop = shared.loop
        parser = RequestParser(limits: shared.options.requestLimits)
        idleSince = shared.sweep
        receivingSince = shared.sweep
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        remoteAddress = context.channel.remoteAddress?.ipAddress ?? ""
        peer = IPAddress(remoteAddress)
        isSecuring = shared.options.tls != nil
        // Before anything has been read.
        if !shared.admit(self) { cut() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        release()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        release()
    }

    private func release() {
        phase = .closed
        incoming = nil
        kept = ByteBuffer()
        waiting.removeAll()
        answers.abandon()
        context = nil
        shared.forget(self)
    }

    /// A part of a request has come and the rest is waited for.
    var hasBegun: Bool {
        phase == .open && (kept.readableBytes > 0 || !parser.isBetweenRequests)
    }

    /// Answers are still owed, and may be written.
    var isAnswering: Bool { phase == .open || phase == .finishing }

    // MARK: Reading

    /// Holds reads back while there is no room; `resumeReading` lets them go.
    func read(context: ChannelHandlerContext) {
        if mayRead {
            context.read()
        } else {
            readIsHeld = true
        }
    }

    private var mayRead: Bool {
        switch phase {
        case .open: isWritable && answers.count < shared.options.maxPipelined
        case .finishing: false
        case .lingering, .closed: true
        }
    }

    func resumeReading() {
        guard readIsHeld, mayRead, let context else { return }
        readIsHeld = false
        // The stall was ours: the request's time starts again.
        receivingSince = shared.sweep
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isInRead = true
        if phase == .open { receive(unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        pump()
        flushAtEndOfTick()
    }

    /// A failed socket or handshake, or a TLS stream that was cut off.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cut()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inputEnded() }
        if isSecuring, TLSPort.isSecured(event) {
            isSecuring = false
            idleSince = shared.sweep
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Writing

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            pump()
            resumeReading()
        } else {
            unwritableSince = shared.sweep
        }
        context.fireChannelWritabilityChanged()
    }
}
