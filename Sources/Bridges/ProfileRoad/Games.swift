/// The members of a set of game slots, ascending.
struct Games: Sequence, IteratorProtocol {
    private var rest: UInt64

    init(_ set: UInt64) {
        rest = set
    }

    mutating func next() -> UInt8? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return UInt8(rest.trailingZeroBitCount)
    }
}
