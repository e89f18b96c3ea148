import Catalog
import NIOCore
import NIOHTTP1
import Orders
import Wire

/// One connection to the games or role services: reads whole requests, hands them to the world, and answers
/// when, and if, the world says so. Its own handler, not the services' server, because it must be able to
/// misbehave.
final class WorldConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let maxBodyBytes = 64 * 1024
    private static let dripPause = TimeAmount.seconds(1)

    private let world: OutsideWorld
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var context: ChannelHandlerContext?

    init(_ world: OutsideWorld) {
        self.world = world
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= Self.maxBodyBytes else {
                return context.close(promise: nil)
            }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let head else { return }
            self.head = nil
            handle(head, body)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: - Routes

    private func handle(_ head: HTTPRequestHead, _ body: [UInt8]) {
        let (path, query) = Self.split(head.uri)
        let parts = path.split(separator: "/")
        guard parts.count >= 2, let game = world.catalog.game(id: String(parts[1])) else {
            return answer(GameDesk.Answer(status: 404))
        }
        switch (head.method, parts.count, parts[0], parts.count > 2 ? parts[2] : "") {
        case (.POST, 3, "games", "grant"):
            let signature = OutsideWorld.Signature(
                id: head.headers.first(name: "webhook-id") ?? "",
                timestamp: head.headers.first(name: "webhook-timestamp") ?? "",
                signatures: head.headers.first(name: "webhook-signature") ?? "")
            world.deliver(game: game.slot, signature: signature, body: body) { [self] in answer($0) }
        case (.GET, 4, "games", "orders"):
            guard game.queryEndpoint != nil, let order = OrderID(text: String(parts[3])) else {
                return answer(GameDesk.Answer(status: 404))
            }
            world.ask(game: game.slot, order: order) { [self] in answer($0) }
        case (.GET, 2, "roles", ""):
            guard let user = query["user"].flatMap({ DecimalDigits.parse($0.utf8) }) else {
                return answer(GameDesk.Answer(status: 400))
            }
            answer(world.role(game: game.slot, user: user))
        default:
            answer(GameDesk.Answer(status: 404))
        }
    }

    private static func split(_ uri: String) -> (Substring, [Substring: Substring]) {
        let halves = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [Substring: Substring] = [:]
        for pair in halves.count > 1 ? halves[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if sides.count == 2 { query[sides[0]] = sides[1] }
        }
        return (halves[0], query)
    }

    // MARK: - Answers

    private func answer(_ answer: GameDesk.Answer) {
        guard answer.afterMs > 0, let loop = context?.eventLoop else { return send(answer) }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(answer.afterMs)) { [self] in send(answer) }
    }

    private func send(_ answer: GameDesk.Answer) {
        // The sender may have given up; what the game has done stands.
        guard let context else { return }
        if answer.isLost { return context.close(promise: nil) }
        var headers: HTTPHeaders = ["content-length": String(answer.body.count)]
        if !answer.body.isEmpty { headers.add(name: "content-type", value: "application/json") }
        if let seconds = answer.retryAfterS { headers.add(name: "retry-after", value: String(seconds)) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        if answer.isDripped, !answer.body.isEmpty {
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            return drip(answer.body[...])
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !answer.body.isEmpty {
            let bytes = context.channel.allocator.buffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// A byte now and the rest from a second later on, as long as anybody listens.
    private func drip(_ body: ArraySlice<UInt8>) {
        guard let context else { return }
        guard let byte = body.first else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        let bytes = context.channel.allocator.buffer(bytes: [byte])
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.dripPause) { [self] in
            drip(body.dropFirst())
        }
    }
}
