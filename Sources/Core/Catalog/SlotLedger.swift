/// Watches the ids and slots of one list: each id once, each slot once, and the slots without a gap.
///
/// Slots are written in the files rather than taken from the order there, because they are frozen into
/// tokens, keys and records: moving a line must not change what a stored number means.
struct SlotLedger {
    /// Where the list is, like `games`.
    let list: String
    let faults: FaultList
    private var placeOfID: [String: String] = [:]
    private var placeOfSlot: [Int: String] = [:]
    private var isComplete = true

    init(list: String, faults: FaultList) {
        self.list = list
        self.faults = faults
    }

    /// Takes an entry's id and slot as far as they could be read; reports what is taken twice.
    mutating func enter(id: String?, slot: Int?, at place: String) {
        if let id {
            if let first = placeOfID[id] {
                faults.add("\(place).id", "duplicate id \"\(id)\"; it is \(first)'s already")
            } else {
                placeOfID[id] = place
            }
        }
        guard let slot else {
            isComplete = false
            return
        }
        if let first = placeOfSlot[slot] {
            faults.add("\(place).slot", "duplicate slot \(slot); it is \(first)'s already")
            isComplete = false
        } else {
            placeOfSlot[slot] = place
        }
    }

    /// Reports the first gap; silent when a slot could not be read or was there twice, which leaves a gap
    /// that is not a second mistake.
    func finish() {
        guard isComplete else { return }
        for slot in 0..<placeOfSlot.count where placeOfSlot[slot] == nil {
            faults.add(list, "slots must be 0...\(placeOfSlot.count - 1) without a gap; \(slot) is missing")
            return
        }
    }
}
