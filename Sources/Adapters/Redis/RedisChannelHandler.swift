import NIOCore

/// The part of a connection that sits in the channel: bytes to replies, and word of the end.
///
/// Owner: the channel's event loop, which is the connection's.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let owner: RedisConnection
    /// Which dial of the owner this channel came from: word from an older one is ignored.
    private let generation: UInt64
    private let reader: RedisReplyReader

    init(owner: RedisConnection, generation: UInt64, maxReplyBytes: Int) {
        self.owner = owner
        self.generation = generation
        self.reader = RedisReplyReader(maxReplyBytes: maxReplyBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard owner.received(generation: generation) else { return }
        let buffer = unwrapInboundIn(data)
        do throws(RedisProtocolFault) {
            var offset = 0
            while offset < buffer.readableBytes {
                let count = min(RedisReplyReader.feedLimit, buffer.readableBytes - offset)
                try feed(buffer, at: offset, count: count)
                offset += count
                while let reply = try reader.next() {
                    // A completion may have closed the connection: the rest is nobody's.
                    guard owner.replied(reply, generation: generation) else { return }
                }
            }
        } catch {
            owner.disconnected(generation: generation, reason: error.reason)
        }
    }

    private func feed(_ buffer: ByteBuffer, at offset: Int, count: Int) throws(RedisProtocolFault) {
        // The closure may not throw a typed error through NIO's rethrows, so it is carried out.
        let result = buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(RedisProtocolFault) in
                try reader.feed(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
            }
        }
        try result.get()
    }

    func channelInactive(context: ChannelHandlerContext) {
        owner.disconnected(generation: generation, reason: "closed by the server")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        owner.disconnected(generation: generation, reason: "\(error)")
        context.close(promise: nil)
    }
}
