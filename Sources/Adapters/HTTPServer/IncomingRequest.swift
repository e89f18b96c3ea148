import NIOCore

/// A request whose head has come and whose body is on its way.
struct IncomingRequest {
    let head: ByteBuffer
    let meaning: RequestHead
    var body = ByteBuffer()
    /// `Expect: 100-continue` not yet answered.
    var owesContinue: Bool

    init(head: ByteBuffer, meaning: RequestHead) {
        self.head = head
        self.meaning = meaning
        owesContinue = meaning.expectsContinue
    }

    /// - Parameter bytes: a slice of what was read. A body that comes at once is that slice.
    mutating func take(_ bytes: ByteBuffer) {
        owesContinue = false
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }
}

extension RequestHead {
    /// An upgrade is not taken, but who asks for one may believe that HTTP is over: nothing follows it.
    var persistence: ResponseEncoder.Persistence {
        guard isKept, !asksForUpgrade else { return .close }
        return isOld ? .keepAlive : .implied
    }
}
