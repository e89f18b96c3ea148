import NIOCore

/// For tools and admin actions: each call hops to the loop and back. The hot paths use completions.
extension RedisConnection {
    /// - Throws: `RedisFailure`; `.neverSent` at once while the connection is not ready.
    package func send(
        _ command: RedisCommand, timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop { $0.send(command, timeout: timeout, then: $1) }.get()
    }

    package func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop {
            $0.run(script, keys: keys, arguments: arguments, timeout: timeout, then: $1)
        }.get()
    }

    /// Starts the connection if need be and waits until it is ready.
    ///
    /// - Throws: `RedisFailure` of kind `.neverSent` when the time is up or the connection is closed.
    package func ready(within limit: Duration) async throws(RedisFailure) {
        _ = try await onLoop { connection, then in connection.whenReady(within: limit, then: then) }.get()
    }

    /// Closes the connection; when this returns, all completions have been called.
    package func shutDown() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute {
                self.close()
                continuation.resume()
            }
        }
    }

    private func onLoop(
        _ body: @escaping @Sendable (RedisConnection, @escaping Completion) -> Void
    ) async -> Result<RedisReply, RedisFailure> {
        await withCheckedContinuation { continuation in
            loop.execute { body(self) { continuation.resume(returning: $0) } }
        }
    }

    func whenReady(within limit: Duration, then: @escaping Completion) {
        if isReady { return then(.success(.null)) }
        guard !isClosed else {
            return then(.failure(RedisFailure(kind: .neverSent, message: "the connection was closed")))
        }
        start()
        let ticket = readyWaiters.add(then)
        loop.scheduleTask(in: .nanoseconds(Int64(limit.nanoseconds))) {
            let message = "not connected to \(self.address) in time"
            self.readyWaiters.take(ticket)?(.failure(RedisFailure(kind: .neverSent, message: message)))
        }
    }
}

/// Those who wait for a connection to become ready; used on its loop only.
struct RedisReadyWaiters {
    private var waiting: [UInt64: RedisConnection.Completion] = [:]
    private var nextTicket: UInt64 = 0

    mutating func add(_ then: @escaping RedisConnection.Completion) -> UInt64 {
        nextTicket += 1
        waiting[nextTicket] = then
        return nextTicket
    }

    /// What to call, for the caller to call once no access to this value is under way.
    mutating func take(_ ticket: UInt64) -> RedisConnection.Completion? {
        waiting.removeValue(forKey: ticket)
    }

    mutating func takeAll() -> [RedisConnection.Completion] {
        defer { waiting.removeAll() }
        return Array(waiting.values)
    }
}
