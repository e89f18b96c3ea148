import Orders

/// Something for each of many orders. Orders are numbered densely within lane and shard, so that a piece of
/// consecutive numbers lies together and only pieces are looked up; walked in the order of the IDs.
///
/// Nothing is moved when it grows: its memory is what its pieces take, with those numbers of a piece that
/// have nothing.
struct OrderTable<Value: Sendable>: Sendable {
    /// Numbers a piece; a stray number costs a whole one.
    private static var span: Int { 1 << spanBits }
    private static var spanBits: UInt64 { 6 }

    /// Where the piece of these high bits of an ID is.
    private var places: [UInt64: Int] = [:]
    private var pieces: [ContiguousArray<Value?>] = []
    private(set) var count = 0
    /// The piece that was changed last: what is told of orders comes in runs.
    private var last = (key: UInt64.max, at: 0)

    init() {}

    var isEmpty: Bool { count == 0 }

    private static func piece(_ id: OrderID) -> UInt64 { id.rawValue >> spanBits }
    private static func place(_ id: OrderID) -> Int { Int(id.rawValue & (1 << spanBits - 1)) }

    subscript(_ id: OrderID) -> Value? {
        get {
            let key = Self.piece(id)
            if last.key == key { return pieces[last.at][Self.place(id)] }
            return places[key].flatMap { pieces[$0][Self.place(id)] }
        }
        _modify {
            let at = found(id)
            let place = Self.place(id)
            let stood = pieces[at][place] != nil
            defer { count += (pieces[at][place] != nil ? 1 : 0) - (stood ? 1 : 0) }
            yield &pieces[at][place]
        }
    }

    subscript(_ id: OrderID, default value: @autoclosure () -> Value) -> Value {
        get { self[id] ?? value() }
        _modify {
            let at = found(id)
            let place = Self.place(id)
            if pieces[at][place] == nil {
                pieces[at][place] = value()
                count += 1
            }
            yield &pieces[at][place]!
        }
    }

    /// The piece of an order; made where it is not there yet.
    private mutating func found(_ id: OrderID) -> Int {
        let key = Self.piece(id)
        if last.key == key { return last.at }
        if let at = places[key] {
            last = (key, at)
            return at
        }
        places[key] = pieces.count
        pieces.append(ContiguousArray(repeating: nil, count: Self.span))
        last = (key, pieces.count - 1)
        return last.at
    }

    /// All of them, by order ID.
    func each<Failure: Error>(_ body: (OrderID, Value) throws(Failure) -> Void) throws(Failure) {
        for (key, at) in places.sorted(by: { $0.key < $1.key }) {
            for place in 0..<Self.span {
                guard let value = pieces[at][place] else { continue }
                try body(OrderID(rawValue: key << Self.spanBits | UInt64(place)), value)
            }
        }
    }

    /// The IDs of those that `isWanted`, ascending.
    func ids(where isWanted: (Value) -> Bool = { _ in true }) -> [OrderID] {
        var ids = [OrderID]()
        each { id, value in if isWanted(value) { ids.append(id) } }
        return ids
    }

    func count(where isWanted: (Value) -> Bool) -> Int {
        pieces.reduce(0) { sum, piece in sum + piece.count { $0.map(isWanted) ?? false } }
    }
}

extension OrderTable: Equatable where Value: Equatable {
    static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        var isEqual = true
        a.each { id, value in if b[id] != value { isEqual = false } }
        return isEqual
    }
}
