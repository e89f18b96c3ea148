import Atomics

/// A double that many threads set and add to, without a lock.
final class AtomicDouble: Sendable {
    private let bits = ManagedAtomic<UInt64>(Double.zero.bitPattern)

    func load() -> Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }

    func store(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: seen) + amount
            let (done, now) = bits.weakCompareExchange(
                expected: seen, desired: sum.bitPattern, successOrdering: .relaxed, failureOrdering: .relaxed)
            if done { return }
            seen = now
        }
    }
}
