import Orders

/// The parcels in memory, in reused slots, and which order each is.
struct ParcelTable: Sendable {
    private var slots: [Parcel?] = []
    private var generations: [UInt32] = []
    private var free: [UInt32] = []
    private var byOrder: [OrderID: ParcelRef] = [:]

    var count: Int { byOrder.count }

    /// The parcel of an order that is in memory already: a twin in the topic needs no second one.
    func ref(of order: OrderID) -> ParcelRef? { byOrder[order] }

    mutating func insert(_ parcel: Parcel) -> ParcelRef {
        let index: UInt32
        if let reused = free.popLast() {
            index = reused
            slots[Int(index)] = parcel
        } else {
            index = UInt32(slots.count)
            precondition(UInt64(index) < 1 << ParcelRef.bits)
            slots.append(parcel)
            generations.append(0)
        }
        let ref = ParcelRef(index: index, generation: generations[Int(index)])
        byOrder[parcel.order.id] = ref
        return ref
    }

    /// nil when the name is stale.
    subscript(_ ref: ParcelRef) -> Parcel? {
        get {
            guard Int(ref.index) < slots.count, generations[Int(ref.index)] == ref.generation else {
                return nil
            }
            return slots[Int(ref.index)]
        }
        set {
            precondition(generations[Int(ref.index)] == ref.generation && newValue != nil)
            slots[Int(ref.index)] = newValue
        }
    }

    /// Whether it stands in its game's queue; false for a stale name.
    func isReady(_ ref: ParcelRef) -> Bool {
        generations[Int(ref.index)] == ref.generation && slots[Int(ref.index)]?.phase == .ready
    }

    mutating func remove(_ ref: ParcelRef) {
        guard let parcel = self[ref] else { return }
        byOrder[parcel.order.id] = nil
        slots[Int(ref.index)] = nil
        generations[Int(ref.index)] = (generations[Int(ref.index)] + 1) & 0xFF_FFFF
        free.append(ref.index)
    }

    /// All that are in memory.
    var refs: [ParcelRef] { Array(byOrder.values) }
}
