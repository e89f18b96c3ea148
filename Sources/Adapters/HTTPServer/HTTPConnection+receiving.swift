import NIOCore

/// Bytes → requests → the service.
extension HTTPConnection {
    func receive(_ bytes: ByteBuffer) {
        var bytes = bytes
        let hadBegun = hasBegun
        let before = received
        if kept.readableBytes == 0 {
            decode(&bytes)
            // A copy: the socket's buffer is wanted back for the next read.
            if phase == .open, bytes.readableBytes > 0 { kept = ByteBuffer(bytes: bytes.readableBytesView) }
        } else {
            var whole = ByteBuffer()
            swap(&whole, &kept)
            whole.writeImmutableBuffer(bytes)
            decode(&whole)
            if phase == .open, whole.readableBytes > 0 {
                // What was consumed is left behind, so that this never grows beyond a head and a read.
                kept = whole.readerIndex == 0 ? whole : ByteBuffer(bytes: whole.readableBytesView)
            }
        }
        if !hadBegun || received != before { receivingSince = shared.sweep }
    }

    private func decode(_ bytes: inout ByteBuffer) {
        while phase == .open {
            var offset = 0
            let event = bytes.withUnsafeReadableBytes { parser.next($0, &offset) }
            let start = bytes.readerIndex
            // Slices are taken before the index moves: a buffer gives none of what has been read.
            defer { bytes.moveReaderIndex(to: start + offset) }
            switch event {
            case .more: return
            case .head(let range):
                let head = bytes.getSlice(at: start + range.lowerBound, length: range.count)!
                if parser.head.framing == .none {
                    take(head, parser.head, body: ByteBuffer())
                } else {
                    incoming = IncomingRequest(head: head, meaning: parser.head)
                    // Only when the body has not begun to come (RFC 9110 section 10.1.1).
                    if bytes.readableBytes == offset { sendContinueIfDue() }
                }
            case .content(let range):
                incoming?.take(bytes.getSlice(at: start + range.lowerBound, length: range.count)!)
            case .end:
                guard let whole = incoming else { return }
                incoming = nil
                take(whole.head, whole.meaning, body: whole.body)
            case .refused(let refusal):
                refuse(refusal.status, refusal.reason)
            }
        }
    }

    /// A whole request.
    private func take(_ head: ByteBuffer, _ meaning: RequestHead, body: ByteBuffer) {
        received &+= 1
        let request = HTTPRequest(
            head: head, meaning: meaning, body: body, remoteAddress: remoteAddress, peer: peer)
        let persistence = meaning.persistence
        let sequence = answers.append(
            AnswerQueue.Slot(
                since: shared.sweep, withoutBody: meaning.method == .head, persistence: persistence))
        // Whatever follows a request that ends the connection is not looked at (RFC 9112 section 9.6).
        if persistence == .close { phase = .finishing }
        if mayHandOver, waiting.isEmpty, !isPumping {
            handOver(request, sequence)
        } else {
            waiting.append(request)
        }
    }

    /// Hands over what waits while there is room. Answers given at once come back through `answer`, which
    /// calls this again; the flag keeps that from nesting.
    func pump() {
        guard !waiting.isEmpty, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while mayHandOver, let request = waiting.popFirst() {
            handOver(request, nextToHandOver)
        }
    }

    private var mayHandOver: Bool {
        // In a drain a read is decoded to its end first: only then is it known which answer is the last.
        guard isWritable, !(isInRead && shared.isDraining) else { return false }
        return nextToHandOver - min(answers.start, nextToHandOver) < UInt64(shared.options.maxPipelined)
    }

    private func handOver(_ request: HTTPRequest, _ sequence: UInt64) {
        nextToHandOver = sequence + 1
        let wasPumping = isPumping
        isPumping = true
        shared.service.handle(request, HTTPResponder(self, sequence))
        isPumping = wasPumping
    }

    /// `100 Continue` may leave only when all earlier answers have.
    func sendContinueIfDue() {
        guard incoming != nil, incoming!.owesContinue, phase == .open, answers.isEmpty else { return }
        incoming!.owesContinue = false
        // Until now the client had reason to wait.
        receivingSince = shared.sweep
        gather { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    /// Answers a request that cannot be accepted, after all earlier ones, and ends the connection with it.
    func refuse(_ status: Int, _ detail: StaticString) {
        guard phase == .open else { return }
        let sequence = answers.append(
            AnswerQueue.Slot(
                since: shared.sweep, withoutBody: parser.isInHeadRequest, persistence: .close))
        incoming = nil
        phase = .finishing
        answer(sequence, .problem(status: status, detail: detail.description))
    }
}
