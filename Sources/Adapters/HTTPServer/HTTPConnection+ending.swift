import NIOCore

/// How a connection ends: by its last answer, by a deadline, by a drain, by its peer.
extension HTTPConnection {
    /// After the last answer: our side is shut once the bytes have left; the peer's is read and dropped until
    /// it ends, or the linger time is over.
    func linger() {
        guard isAnswering else { return }
        phase = .lingering
        phaseSince = shared.sweep
        incoming = nil
        kept = ByteBuffer()
        waiting.removeAll()
        answers.abandon()
        guard let context else { return }
        let written = loop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [self] _ in writtenOut() }
        context.writeAndFlush(wrapOutboundOut(out), promise: written)
        out = ByteBuffer()
        resumeReading()
    }

    private func writtenOut() {
        isWrittenOut = true
        if peerEnded {
            cut()
        } else {
            context?.close(mode: .output, promise: nil)
        }
    }

    /// Closes at once, whatever is owed.
    func cut() {
        guard phase != .closed else { return }
        phase = .closed
        waiting.removeAll()
        answers.abandon()
        context?.close(promise: nil)
    }

    /// The peer has shut its side: what is whole is still answered.
    func inputEnded() {
        peerEnded = true
        isInRead = false
        switch phase {
        case .open where answers.isEmpty: linger()
        case .open:
            incoming = nil
            phase = .finishing
            answers.closeAfterLast()
            pump()
        case .lingering where isWrittenOut: cut()
        case .finishing, .lingering, .closed: break
        }
    }

    func drain() {
        phaseSince = shared.sweep
    }

    private var isIdle: Bool { answers.isEmpty && !hasBegun }

    /// Once a sweep.
    func checkDeadlines() {
        let options = shared.options
        switch phase {
        case .closed: break
        case .lingering:
            if shared.sweep &- phaseSince >= options.sweeps(options.lingerTimeout) { cut() }
        case .open where isSecuring:
            // Nothing can be said to a peer that does not finish the handshake.
            if shared.sweep &- idleSince >= options.sweeps(options.requestTimeout) { cut() }
        case .open, .finishing:
            if !isWritable {
                if shared.sweep &- unwritableSince >= options.sweeps(options.idleTimeout) { cut() }
            } else if let oldest = answers.oldest {
                if shared.sweep &- oldest >= options.sweeps(options.answerTimeout) { giveUpAnswer() }
            } else if isIdle {
                if shared.isDraining, shared.sweep &- phaseSince >= 1 {
                    linger()
                } else if shared.sweep &- idleSince >= options.sweeps(options.idleTimeout) {
                    linger()
                }
            } else if shared.sweep &- receivingSince >= options.sweeps(options.requestTimeout) {
                refuse(408, "The request did not arrive in time.")
            }
        }
    }

    /// The service has not answered in time: the oldest request is told so, and the rest are given up, since
    /// their answers could only follow it.
    private func giveUpAnswer() {
        let sequence = answers.start
        phase = .finishing
        answers.closeAfterFirst()
        answer(sequence, .problem(status: 503, detail: "No answer in time."))
    }
}
