import CCurl

/// The plain path's connections: made by curl, kept here by host, each in one of two states, live or resting.
extension CurlLoop {
    /// How often resting connections are looked through for old ones.
    static let sweepNs: UInt64 = 1_000_000_000

    func plainConnection(_ descriptor: Int32) -> PlainConnection? {
        Int(descriptor) < plain.count ? plain[Int(descriptor)] : nil
    }

    /// Begins the exchange whose bytes are in `outgoing` on a connection that rests; false if none is fit,
    /// and nothing has been written then.
    func exchange(_ request: HTTPClientRequest, host: HostQueue) -> Bool {
        let nowNs = monotonicNs()
        while let connection = host.resting.popLast() {
            restingCount -= 1
            guard nowNs < connection.idleUntilNs, connection.isQuiet else {
                drop(connection)
                continue
            }
            let deadlineNs = nowNs + UInt64(request.timeoutMs) * 1_000_000
            if begin(request, connection, startedNs: nowNs, deadlineNs: deadlineNs) == nil { return true }
            // Not one byte of it left: the next connection may have it.
            swap(&outgoing, &connection.outgoing)
            drop(connection)
        }
        return false
    }

    /// Takes a connected socket away from curl and begins the exchange that it was made for.
    func takeOver(_ transfer: Transfer, _ request: HTTPClientRequest) {
        var socket = CURL_SOCKET_BAD
        hb_easy_get_socket(transfer.easy, CURLINFO_ACTIVESOCKET, &socket)
        guard socket >= 0, let host = transfer.host else {
            let failure = HTTPClientFailure(kind: .unreachable, code: 0, message: "the connection is gone")
            end(transfer, .neverLeft(failure), isRemoved: false)
            return
        }
        sockets.takeOver(socket)
        // Closes curl's connection, whose socket now stays open: see `SocketWatch.closed`.
        curl_multi_remove_handle(multi, transfer.easy)
        let (startedNs, deadlineNs) = (transfer.startedNs, transfer.deadlineNs)
        _ = transfer.finish()
        host.idle.append(transfer)
        let connection = add(socket, host: host)
        let failure: HTTPClientFailure?
        if !connection.isQuiet {
            failure = HTTPClientFailure(
                kind: .broken, code: 0, message: "the server closed or spoke before it was asked")
        } else if !plainRequest.write(request, to: &outgoing) {
            preconditionFailure("a request that was plain before")
        } else {
            failure = begin(request, connection, startedNs: startedNs, deadlineNs: deadlineNs)
        }
        if let failure {
            queues.finished(host)
            drop(connection)
            complete(request.token, .neverLeft(failure), startedNs: startedNs)
        }
    }

    /// Lets a connection read and write after its socket became ready.
    func proceed(_ connection: PlainConnection) {
        guard connection.isLive else {
            // Closed by its server, or bytes that nobody asked for.
            guard !connection.isQuiet else { return }
            connection.host.resting.removeAll { $0 === connection }
            restingCount -= 1
            drop(connection)
            return
        }
        let wasWriting = connection.isWriting
        switch connection.proceed(room) {
        case .pending:
            if wasWriting, !connection.isWriting {
                sockets.watchPlain(connection.descriptor, isWriting: false)
            }
        case .ended(let outcome, let isReusable): end(connection, outcome, isReusable: isReusable)
        case .unwritten(let failure): end(connection, .neverLeft(failure), isReusable: false)
        }
    }

    /// Ends an exchange; the connection rests or is closed.
    func end(_ connection: PlainConnection, _ outcome: HTTPClientOutcome, isReusable: Bool) {
        connection.finish()
        let host = connection.host
        queues.finished(host)
        complete(connection.token, outcome, startedNs: connection.startedNs)
        guard isReusable else { return drop(connection) }
        connection.rest(
            nowNs: monotonicNs(), maxIdleNs: UInt64(options.maxIdleSeconds) * 1_000_000_000)
        host.resting.append(connection)
        restingCount += 1
    }

    /// Gives up on live exchanges past their deadline.
    func giveUpLatePlain(nowNs: UInt64) {
        for case let connection? in plain where connection.isLive {
            if connection.deadlineNs <= nowNs {
                let outcome = connection.outcome(cutShort: .timedOut, "no answer in time")
                end(connection, outcome, isReusable: false)
            } else {
                nextDeadlineNs = min(nextDeadlineNs, connection.deadlineNs)
            }
        }
    }

    /// Closes what has rested for too long, now and then.
    func sweepResting() {
        guard restingCount > 0 else { return }
        let nowNs = monotonicNs()
        guard nowNs >= nextSweepNs else { return }
        nextSweepNs = nowNs + Self.sweepNs
        for case let connection? in plain where !connection.isLive && connection.idleUntilNs <= nowNs {
            connection.host.resting.removeAll { $0 === connection }
            restingCount -= 1
            drop(connection)
        }
    }

    /// Closes all of them; none is live.
    func closePlain() {
        for case let connection? in plain { drop(connection) }
    }

    /// Writes what is in `outgoing`; the failure if not one byte could be.
    private func begin(
        _ request: HTTPClientRequest, _ connection: PlainConnection, startedNs: UInt64, deadlineNs: UInt64
    ) -> HTTPClientFailure? {
        swap(&outgoing, &connection.outgoing)
        let step = connection.begin(
            token: request.token, maxResponseBytes: request.maxResponseBytes, startedNs: startedNs,
            deadlineNs: deadlineNs)
        if case .unwritten(let failure) = step {
            connection.finish()
            return failure
        }
        nextDeadlineNs = min(nextDeadlineNs, deadlineNs)
        if connection.isWriting { sockets.watchPlain(connection.descriptor, isWriting: true) }
        return nil
    }

    private func add(_ descriptor: Int32, host: HostQueue) -> PlainConnection {
        if plainCount >= options.maxConnections { dropOldest() }
        while plain.count <= Int(descriptor) { plain.append(nil) }
        let connection = PlainConnection(descriptor: descriptor, host: host)
        plain[Int(descriptor)] = connection
        plainCount += 1
        sockets.watchPlain(descriptor, isWriting: false)
        return connection
    }

    /// Makes room: a resting connection of whatever host goes.
    private func dropOldest() {
        let resting = plain.compactMap { $0 }.filter { !$0.isLive }
        guard let oldest = resting.min(by: { $0.idleSinceNs < $1.idleSinceNs }) else { return }
        oldest.host.resting.removeAll { $0 === oldest }
        restingCount -= 1
        drop(oldest)
    }

    private func drop(_ connection: PlainConnection) {
        plain[Int(connection.descriptor)] = nil
        plainCount -= 1
        sockets.closePlain(connection.descriptor)
    }
}
