import CCurl

extension CurlLoop {
    /// Puts new requests in line.
    func accept(_ mail: Mailbox.Mail, nowNs: UInt64) {
        for token in mail.refused {
            let failure = HTTPClientFailure(kind: .overloaded, code: 0, message: "too many requests at once")
            completions.append(
                HTTPClientCompletion(token: token, outcome: .neverLeft(failure), elapsedUs: 0))
        }
        for request in mail.requests {
            if let fault = request.fault {
                refuse(request, .invalid, fault)
            } else {
                queues.add(request, untilNs: nowNs + UInt64(request.connectTimeoutMs) * 1_000_000)
            }
        }
    }

    /// Starts whatever may start, until nothing may.
    func startWaiting() {
        var hasStarted: Bool
        repeat {
            hasStarted = false
            while let (request, host) = queues.next() {
                hasStarted = true
                start(request, host: host)
            }
            // curl asks to be called at once for each that was added: one call starts them all. Those
            // that fail at once make room for others.
            if hasStarted { runTimer() }
        } while hasStarted
    }

    private func start(_ request: HTTPClientRequest, host: HostQueue) {
        let isCurls = options.isPlainPathOff || (options.isHTTP2Assumed && request.version != .http1)
        let isPlain = !isCurls && plainRequest.write(request, to: &outgoing)
        if isPlain, exchange(request, host: host) { return }
        guard let transfer = idleTransfer(for: host) else {
            queues.finished(host)
            refuse(request, .other, "curl has no memory left")
            return
        }
        transfer.prepare(request, host: host, isPlain: isPlain, nowNs: monotonicNs())
        let code = curl_multi_add_handle(multi, transfer.easy)
        precondition(code == CURLM_OK, "curl_multi_add_handle failed: \(code.rawValue)")
        nextDeadlineNs = min(nextDeadlineNs, transfer.deadlineNs)
    }

    /// Takes note of every transfer that curl reports as done.
    func collect() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
                continue
            }
            let result = hb_message_result(message)
            var context: UnsafeMutableRawPointer?
            hb_easy_get_private(easy, &context)
            guard let context else { preconditionFailure("a handle that is not ours") }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            if result == CURLE_OK, let request = transfer.plain {
                takeOver(transfer, request)
                continue
            }
            curl_multi_remove_handle(multi, easy)
            end(transfer, transfer.outcome(result), isRemoved: true)
        }
    }

    /// Gives up on what is past its deadline, live or still waiting.
    func giveUpLate(nowNs: UInt64) {
        for request in queues.expired(nowNs: nowNs) {
            refuse(request, .timedOut, "no connection to the host became free")
        }
        guard nowNs >= nextDeadlineNs else { return }
        nextDeadlineNs = .max
        giveUpLatePlain(nowNs: nowNs)
        for transfer in transfers where transfer.isLive {
            if transfer.deadlineNs <= nowNs {
                end(transfer, transfer.outcome(cutShort: .timedOut, "no answer in time"), isRemoved: false)
            } else {
                nextDeadlineNs = min(nextDeadlineNs, transfer.deadlineNs)
            }
        }
    }

    /// Ends a transfer; cutting one short closes its connection.
    func end(_ transfer: Transfer, _ outcome: HTTPClientOutcome, isRemoved: Bool) {
        if !isRemoved { curl_multi_remove_handle(multi, transfer.easy) }
        let host = transfer.finish()
        queues.finished(host)
        host.idle.append(transfer)
        complete(transfer.token, outcome, startedNs: transfer.startedNs)
    }

    /// Takes down the result of a request that had started.
    func complete(_ token: UInt64, _ outcome: HTTPClientOutcome, startedNs: UInt64) {
        completedCount += 1
        let elapsedUs = (monotonicNs() - startedNs) / 1000
        completions.append(HTTPClientCompletion(token: token, outcome: outcome, elapsedUs: elapsedUs))
    }

    /// Completes an accepted request that never started.
    func refuse(_ request: HTTPClientRequest, _ kind: HTTPClientFailure.Kind, _ message: String) {
        completedCount += 1
        let failure = HTTPClientFailure(kind: kind, code: 0, message: message)
        completions.append(
            HTTPClientCompletion(token: request.token, outcome: .neverLeft(failure), elapsedUs: 0))
    }

    /// One that served that host before, a new one, or any.
    private func idleTransfer(for host: HostQueue) -> Transfer? {
        if let transfer = host.idle.popLast() { return transfer }
        if transfers.count >= options.maxConnections { return queues.takeIdleTransfer() }
        guard let transfer = Transfer(options: options, sockets: sockets) else { return nil }
        transfers.append(transfer)
        return transfer
    }
}
