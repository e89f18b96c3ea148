import NIOCore

/// For tools and admin actions: each call hops to the loop and back. The hot paths use completions.
extension RedisRouter {
    /// - Throws: `RedisFailure`; `.neverSent` at once while the key's master is not connected.
    package func send(
        _ command: RedisCommand, timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop { $0.send(command, timeout: timeout, then: $1) }.get()
    }

    package func send(
        _ command: RedisCommand, key: [UInt8], timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop { $0.send(command, key: key, timeout: timeout, then: $1) }.get()
    }

    package func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop {
            $0.run(script, keys: keys, arguments: arguments, timeout: timeout, then: $1)
        }.get()
    }

    package func readAll(
        _ mget: RedisCommand, timeout: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        try await onLoop { $0.readAll(mget, timeout: timeout, then: $1) }.get()
    }

    /// Starts if need be and waits until all of Redis is reachable.
    ///
    /// - Throws: `RedisFailure` of kind `.neverSent` when the time is up or the router is closed.
    package func ready(within limit: Duration) async throws(RedisFailure) {
        _ = try await onLoop { router, then in router.whenReady(within: limit, then: then) }.get()
    }

    /// Closes all connections; when this returns, all completions have been called.
    package func shutDown() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute {
                self.close()
                continuation.resume()
            }
        }
    }

    private func onLoop(
        _ body: @escaping @Sendable (RedisRouter, @escaping Completion) -> Void
    ) async -> Result<RedisReply, RedisFailure> {
        await withCheckedContinuation { continuation in
            loop.execute { body(self) { continuation.resume(returning: $0) } }
        }
    }
}
