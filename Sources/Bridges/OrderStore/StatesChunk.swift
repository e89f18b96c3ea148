import Orders

/// The states of consecutive orders of one lane and shard, as one string of Redis holds them.
package struct StatesChunk: Hashable, Sendable {
    /// IDs from a multiple of ``StoreKeys/ordersPerChunk`` on.
    private let number: UInt64
    /// Four bits an order, the higher half of each byte first, as `BITFIELD` counts; it may end early.
    package var bytes: [UInt8] = []

    /// The chunk in which an order's state is.
    package init(_ order: OrderID) {
        number = order.rawValue / UInt64(StoreKeys.ordersPerChunk)
    }

    package static func == (a: Self, b: Self) -> Bool { a.number == b.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// The chunks in which ascending orders stand, each with its orders.
    package static func runs(_ orders: [OrderID]) -> [(chunk: StatesChunk, orders: ArraySlice<OrderID>)] {
        var runs = [(chunk: StatesChunk, orders: ArraySlice<OrderID>)]()
        var start = 0
        while start < orders.count {
            let chunk = StatesChunk(orders[start])
            var end = start + 1
            while end < orders.count, StatesChunk(orders[end]) == chunk { end += 1 }
            runs.append((chunk, orders[start..<end]))
            start = end
        }
        return runs
    }

    /// Its first order.
    package var first: OrderID { OrderID(rawValue: number * UInt64(StoreKeys.ordersPerChunk)) }

    /// The state of one of its orders.
    package subscript(_ order: OrderID) -> OrderState {
        let place = Int(order.sequence % StoreKeys.ordersPerChunk)
        guard place / 2 < bytes.count else { return .none }
        let byte = bytes[place / 2]
        return OrderState(rawValue: place % 2 == 0 ? byte >> 4 : byte & 0xF) ?? .none
    }

    /// Sets the state of one of its orders; the bytes grow up to it.
    package mutating func set(_ order: OrderID, _ state: OrderState) {
        let place = Int(order.sequence % StoreKeys.ordersPerChunk)
        let at = place / 2
        if at >= bytes.count { bytes += [UInt8](repeating: 0, count: at + 1 - bytes.count) }
        bytes[at] =
            place % 2 == 0 ? bytes[at] & 0x0F | state.rawValue << 4 : bytes[at] & 0xF0 | state.rawValue
    }
}
