import NIOCore

/// Answers → bytes, in order, and one write a tick.
extension HTTPConnection {
    /// On the loop. Late answers, after the connection ended or was given up, are dropped.
    func answer(_ sequence: UInt64, _ response: HTTPResponse) {
        guard isAnswering else { return }
        switch answers.place(response, for: sequence) {
        case .kept: return
        case .unknown:
            assertionFailure("a request was answered twice")
            return
        case .turn(let slot):
            write(response, slot)
            while isAnswering, let (slot, response) = answers.next() { write(response, slot) }
        }
        guard isAnswering else { return }
        idleSince = shared.sweep
        sendContinueIfDue()
        pump()
        resumeReading()
    }

    private func write(_ response: HTTPResponse, _ slot: AnswerQueue.Slot) {
        shared.tally.answered(response.status)
        // A drain that began while the request was with the service: the last one owed says goodbye.
        let isLast = shared.isDraining && answers.isEmpty && !hasBegun
        let persistence = isLast ? .close : slot.persistence
        gather {
            ResponseEncoder.append(
                response, to: &$0, date: shared.date.bytes, persistence: persistence,
                withoutBody: slot.withoutBody)
        }
        if persistence == .close { linger() }
    }

    /// Adds bytes to what leaves at the end of this tick.
    func gather(_ append: (inout ByteBuffer) -> Void) {
        if out.capacity == 0 { out = shared.lendBuffer() }
        append(&out)
        if out.readableBytes >= shared.options.maxGatheredBytes {
            flushGathered()
        } else if !isInRead {
            flushAtEndOfTick()
        }
    }

    /// Not at once: the answers of all connections that were read in this tick leave one after the other, so
    /// that a peer which serves many of them is woken once and not for each.
    func flushAtEndOfTick() {
        guard out.readableBytes > 0, !isFlushDue else { return }
        isFlushDue = true
        shared.flushSoon(self)
    }

    /// Writes out what was gathered.
    func flushGathered() {
        isFlushDue = false
        guard out.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        shared.takeBack(&out)
    }
}
