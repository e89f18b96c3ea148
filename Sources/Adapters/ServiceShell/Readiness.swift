import Synchronization

/// Whether the process can do its work now: named checks, set by whoever knows, shown by `/readyz`.
package final class Readiness: Sendable {
    struct State {
        var checks: [String: (isReady: Bool, detail: String)] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())

    package init() {}

    /// A check of that name, not ready until it is set. The same name again is the same check.
    package func check(_ name: String) -> ReadinessCheck {
        state.withLock { if $0.checks[name] == nil { $0.checks[name] = (false, "starting") } }
        return ReadinessCheck(name: name, readiness: self)
    }

    /// The process is about to end: not ready any more, whatever the checks say.
    package func drain() {
        state.withLock { $0.isDraining = true }
    }

    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Every check is ready and the process is not ending.
    package var isReady: Bool {
        state.withLock { state in !state.isDraining && state.checks.values.allSatisfy(\.isReady) }
    }

    /// The checks by name.
    package var checks: [(name: String, isReady: Bool, detail: String)] {
        state.withLock { state in
            state.checks.map { ($0.key, $0.value.isReady, $0.value.detail) }.sorted { $0.0 < $1.0 }
        }
    }

    fileprivate func set(_ name: String, _ isReady: Bool, _ detail: String) {
        state.withLock { $0.checks[name] = (isReady, detail) }
    }
}

/// One named condition of readiness; set from any thread.
package struct ReadinessCheck: Sendable {
    package let name: String
    fileprivate let readiness: Readiness

    /// - Parameter detail: for people, one line.
    package func set(_ isReady: Bool, _ detail: String = "") {
        readiness.set(name, isReady, detail)
    }
}
