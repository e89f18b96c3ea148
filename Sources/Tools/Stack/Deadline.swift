import Glibc

/// A point of the monotonic clock that a wait for something outside of this process ends at.
package struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant

    package init(after limit: Duration) {
        instant = ContinuousClock.now + limit
    }

    package var hasPassed: Bool { ContinuousClock.now >= instant }

    /// Whole milliseconds left, rounded up; 0 once it has passed.
    package var remainingMs: Int32 {
        let (seconds, attoseconds) = (instant - ContinuousClock.now).components
        guard seconds >= 0, attoseconds > 0 || seconds > 0 else { return 0 }
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// Asks `condition` again and again until it holds or the deadline has passed.
    ///
    /// Only for what gives no signal: another program's port, or its answer. Blocks the thread.
    /// - Parameter pauseUs: between two questions, in microseconds.
    package func poll(
        everyUs pauseUs: UInt32 = 5_000, until condition: () throws(StackFailure) -> Bool
    ) throws(StackFailure) -> Bool {
        while true {
            if try condition() { return true }
            if hasPassed { return false }
            usleep(pauseUs)
        }
    }
}
