/// Stock that the campaign's pool has given to a shard, ever; credited once however often it is told.
package struct StockCredit: Sendable, Equatable {
    package var gift: UInt16
    /// Packs that had been drawn before the last block was; the block is `from ..< drawnEver`.
    package var from: Int
    package var drawnEver: Int
    /// The block's amounts in the order in which they are given out, 4 bytes each, big endian; empty for a
    /// pack of fixed items.
    package var amounts: [UInt8]

    package init(gift: UInt16, from: Int = 0, drawnEver: Int, amounts: [UInt8] = []) {
        precondition(amounts.isEmpty || amounts.count == (drawnEver - from) * 4)
        self.gift = gift
        self.from = from
        self.drawnEver = drawnEver
        self.amounts = amounts
    }
}
