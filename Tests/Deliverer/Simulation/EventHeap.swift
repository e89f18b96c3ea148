/// What will happen in a simulated world, earliest first, and in the order of planning at one moment.
struct EventHeap {
    enum What {
        /// A deliverer's loop looks at the clock; ignored after its life.
        case tick(Int, life: Int)
        /// Something reaches a deliverer; ignored after its life, and waits while it is frozen.
        case reaches(Int, life: Int, (inout SimulatedWorld) -> Void)
        /// Something happens outside of all deliverers.
        case happens((inout SimulatedWorld) -> Void)
    }

    struct Entry {
        var ns: UInt64
        var number: UInt64
        var what: What
    }

    private var entries: [Entry] = []
    private var planned: UInt64 = 0

    mutating func plan(atNs: UInt64, _ what: What) {
        planned += 1
        entries.append(Entry(ns: atNs, number: planned, what: what))
        var i = entries.count - 1
        while i > 0, isBefore(i, (i - 1) / 2) {
            entries.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    mutating func next() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var i = 0
        while true {
            var least = i
            if 2 * i + 1 < entries.count, isBefore(2 * i + 1, least) { least = 2 * i + 1 }
            if 2 * i + 2 < entries.count, isBefore(2 * i + 2, least) { least = 2 * i + 2 }
            if least == i { return first }
            entries.swapAt(i, least)
            i = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        entries[a].ns != entries[b].ns ? entries[a].ns < entries[b].ns : entries[a].number < entries[b].number
    }
}
