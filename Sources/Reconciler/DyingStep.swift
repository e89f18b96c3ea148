import Glibc
import Synchronization

/// Debug builds only: `HONGBAO_DIE_AT=sent:2` ends the process as `kill -9` does behind the second time of a
/// step, so that tests can cut it off between any two. A release build knows nothing of it.
enum DyingStep {
    private static let passed = Atomic<Int>(0)

    static func reached(_ step: String) {
        #if DEBUG
            guard let wanted = getenv("HONGBAO_DIE_AT") else { return }
            let parts = String(cString: wanted).split(separator: ":")
            guard parts.count == 2, parts[0] == step, let count = Int(parts[1]) else { return }
            if passed.wrappingAdd(1, ordering: .relaxed).newValue == count { kill(getpid(), SIGKILL) }
        #endif
    }
}
