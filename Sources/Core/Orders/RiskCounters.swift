import Wire

/// How many claims each name has made of late: sliding counters in a table of fixed size.
///
/// - The window slides in ``steps`` steps of ``stepS`` seconds: a count is of between 21 and 24 hours.
/// - A name takes 32 bytes: itself, one count a step, and the step of its last claim.
/// - A name can stand in ``ways`` slots. Where all of them hold others, the one with the fewest claims is
///   forgotten (``forgotten`` counts them). So a table too small for those who claim in a day loses those who
///   claim little, and they are the ones of whom nothing is to be feared.
///
/// A value type; whoever owns it calls it from one thread.
package struct RiskCounters: ~Copyable {
    package static let windowS: Int64 = 86_400
    static let steps = 8
    static let stepS = windowS / Int64(steps)
    package static let ways = 8
    package static let maxSlots = 1 << 22

    private struct Slot {
        var name: UInt64 = 0
        /// Claims by step modulo ``steps``, up to that of `step`.
        var counts = SIMD8<UInt16>(repeating: 0)
        var step: UInt32 = 0
    }

    /// Names forgotten while their claims still counted.
    package private(set) var forgotten: UInt64 = 0
    private let setMask: UInt64
    private var slots: [Slot]

    /// - Parameter slots: a power of two from ``ways`` to ``maxSlots``, 32 bytes each, all taken now.
    package init(slots: Int) {
        precondition(
            (Self.ways...Self.maxSlots).contains(slots) && slots & (slots - 1) == 0,
            "slots must be a power of two in range")
        setMask = UInt64(slots / Self.ways - 1)
        self.slots = Array(repeating: Slot(), count: slots)
    }

    /// Counts a claim; how many the name has made within the window, this one included.
    ///
    /// - Parameter name: not 0.
    package mutating func count(_ name: UInt64, nowS: Int64) -> Int {
        let step = Self.step(nowS)
        let index = place(of: name, step: step)
        if slots[index].name != name {
            if Self.total(slots[index], at: step) > 0 { forgotten += 1 }
            slots[index] = Slot(name: name, step: step)
        }
        Self.age(&slots[index], to: step)
        let now = Int(slots[index].step) % Self.steps
        if slots[index].counts[now] < .max { slots[index].counts[now] += 1 }
        return Self.total(slots[index], at: step)
    }

    /// Takes one claim of the name back: it turned out to be a repeat, or was refused.
    package mutating func takeBack(_ name: UInt64, nowS: Int64) {
        let step = Self.step(nowS)
        let index = place(of: name, step: step)
        guard slots[index].name == name else { return }
        Self.age(&slots[index], to: step)
        // The newest step that has one: where a step has begun meanwhile, that is the one before.
        for back in 0..<Self.steps {
            let at = (Int(slots[index].step) + Self.steps - back) % Self.steps
            if slots[index].counts[at] > 0 {
                slots[index].counts[at] -= 1
                return
            }
        }
    }

    /// The name's slot, else a free one of its set, else that of the fewest claims.
    private func place(of name: UInt64, step: UInt32) -> Int {
        let first = Int(splitMix64(name) & setMask) * Self.ways
        var best = first
        var fewest = Int.max
        for index in first..<first + Self.ways {
            if slots[index].name == name { return index }
            let total = Self.total(slots[index], at: step)
            if total < fewest { (best, fewest) = (index, total) }
        }
        return best
    }

    private static func step(_ nowS: Int64) -> UInt32 { UInt32(clamping: nowS / stepS) }

    /// Clears the steps that have left the window. A clock that was set back clears nothing.
    private static func age(_ slot: inout Slot, to step: UInt32) {
        guard step > slot.step else { return }
        if step - slot.step >= UInt32(steps) {
            slot.counts = SIMD8(repeating: 0)
        } else {
            for passed in slot.step + 1...step { slot.counts[Int(passed) % steps] = 0 }
        }
        slot.step = step
    }

    private static func total(_ slot: Slot, at step: UInt32) -> Int {
        var slot = slot
        age(&slot, to: step)
        return (0..<steps).reduce(0) { $0 + Int(slot.counts[$1]) }
    }
}
