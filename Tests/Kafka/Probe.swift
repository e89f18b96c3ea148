import Synchronization

/// A line of events between a handler on some loop and a test that waits for them.
///
/// Waiting has no timeout of its own: each test carries a time limit, whose cancellation ends the wait.
final class Probe<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    struct Ended: Error {}

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func send(_ element: Element) {
        continuation.yield(element)
    }

    /// The next event. One waiter at a time.
    func next() async throws -> Element {
        for await element in stream { return element }
        throw Ended()
    }

    /// The next event for which `pick` gives a value; others are dropped.
    func next<Value>(_ pick: (Element) -> Value?) async throws -> Value {
        while true {
            if let value = pick(try await next()) { return value }
        }
    }
}

/// A value that handlers and tests share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    var current: Value { value.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) {
        value.withLock { body(&$0) }
    }
}
