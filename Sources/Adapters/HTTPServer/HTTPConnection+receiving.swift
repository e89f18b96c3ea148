import NIOCore
import NIOHTTP1

/// Parts of a request → a whole request → the service.
extension HTTPConnection {
    func receive(_ head: HTTPRequestHead) {
        hasPartialHead = false
        receivingSince = shared.sweep
        do throws(IncomingRequest.Refusal) {
            incoming = try IncomingRequest(head, maxBodyBytes: shared.options.maxBodyBytes)
            sendContinueIfDue()
        } catch {
            switch error {
            case .malformed(let detail): refuse(400, detail)
            case .expectation: refuse(417, "Only 100-continue can be expected.")
            case .tooLarge: refuse(413, "The body is larger than this server takes.")
            case .method: refuse(501, "This server opens no tunnels.")
            }
        }
    }

    func receive(_ bytes: ByteBuffer) {
        guard incoming != nil else { return }
        incoming!.received += bytes.readableBytes
        incoming!.owesContinue = false
        guard incoming!.received <= shared.options.maxBodyBytes else {
            refuse(413, "The body is larger than this server takes.")
            return
        }
        if incoming!.body == nil {
            incoming!.body = bytes
        } else {
            incoming!.body!.writeImmutableBuffer(bytes)
        }
    }

    func receiveEnd() {
        guard let whole = incoming else { return }
        incoming = nil
        let request = HTTPRequest(
            method: HTTPRequest.Method(whole.head.method), target: whole.head.uri, path: whole.path,
            fields: whole.head.headers, body: whole.body ?? ByteBuffer(), remoteAddress: remoteAddress)
        let persistence = whole.persistence
        let sequence = answers.append(
            AnswerQueue.Slot(
                withoutBody: whole.head.method == .HEAD, persistence: persistence, since: shared.sweep))
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
        guard !isPumping else { return }
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
        guard phase == .open, incoming?.owesContinue == true, answers.isEmpty else { return }
        incoming!.owesContinue = false
        gather { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    /// Answers a request that cannot be accepted, after all earlier ones, and ends the connection with it.
    func refuse(_ status: Int, _ detail: StaticString) {
        guard phase == .open else { return }
        let withoutBody = incoming?.head.method == .HEAD
        incoming = nil
        hasPartialHead = false
        let sequence = answers.append(
            AnswerQueue.Slot(withoutBody: withoutBody, persistence: .close, since: shared.sweep))
        phase = .finishing
        answer(sequence, .problem(status: status, detail: detail.description))
    }

    /// The decoder's errors; it decodes nothing after one.
    func receive(_ error: any Error) {
        guard phase == .open else {
            // What an already ending connection says is of no interest, but a failed socket is gone.
            if !(error is HTTPParserError), !(error is ByteToMessageDecoderError) { cut() }
            return
        }
        switch error as? HTTPParserError {
        case .headerOverflow?: refuse(431, "The request line and fields are larger than this server takes.")
        case .invalidVersion?: refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.")
        case .invalidMethod?: refuse(400, "The request method is unknown or malformed.")
        case .some: refuse(400, "The request is not well-formed HTTP.")
        case nil: cut()
        }
    }
}
