/// Parcels by the moment at which they are due: a binary heap, smallest moment first.
struct WakeHeap: Sendable {
    struct Entry: Sendable {
        var atNs: UInt64
        var parcel: ParcelRef
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var firstNs: UInt64? { entries.first?.atNs }

    /// When a parcel wakes; a walk over all, for a person's question.
    func atNs(of parcel: ParcelRef) -> UInt64? { entries.first { $0.parcel == parcel }?.atNs }

    mutating func insert(_ parcel: ParcelRef, atNs: UInt64) {
        entries.append(Entry(atNs: atNs, parcel: parcel))
        var i = entries.count - 1
        while i > 0, entries[(i - 1) / 2].atNs > entries[i].atNs {
            entries.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    /// Takes the earliest one that is due by `nowNs`.
    mutating func popDue(nowNs: UInt64) -> ParcelRef? {
        guard let first = entries.first, first.atNs <= nowNs else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return first.parcel
    }

    private mutating func sink() {
        var i = 0
        while true {
            var least = i
            for child in [2 * i + 1, 2 * i + 2] where child < entries.count {
                if entries[child].atNs < entries[least].atNs { least = child }
            }
            if least == i { return }
            entries.swapAt(i, least)
            i = least
        }
    }
}
