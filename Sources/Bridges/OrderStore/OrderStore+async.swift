import NIOCore
import Redis

extension OrderStore {
    /// Calls one of the methods on the loop and waits for its answer; for start-up, tools and tests.
    package func awaiting<Value: Sendable>(
        _ body: @escaping @Sendable (OrderStore, @escaping Answer<Value>) -> Void
    ) async throws(RedisFailure) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, RedisFailure>, Never>) in
            redis.loop.execute { body(self) { continuation.resume(returning: $0) } }
        }
        return try result.get()
    }
}
