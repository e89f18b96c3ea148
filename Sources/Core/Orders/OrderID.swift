import Wire

/// The name of one accepted claim: 64 bits, `lane 32 | shard 10 | sequence 22`, never used twice.
///
/// A lane belongs to one event loop of one process and is never given out again; within a lane and shard the
/// claim script numbers accepted claims densely from 0, so that sets of orders are bitmaps. Shown as 13
/// characters of Crockford base 32 (see ``CrockfordBase32``).
package struct OrderID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of shards that fit the ten bits.
    package static let maxShards = 1 << 10
    /// The number of sequences that a lane has in each shard; after the last one a new lane is taken.
    package static let sequencesPerLane: UInt32 = 1 << 22

    /// The lane of orders that are made up to try a game. No claim ever has it: lanes are counted from above
    /// 0, and their counter never goes back or over.
    package static let testLane: UInt32 = 0

    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package init(lane: UInt32, shard: UInt16, sequence: UInt32) {
        precondition(Int(shard) < Self.maxShards && sequence < Self.sequencesPerLane)
        rawValue = UInt64(lane) << 32 | UInt64(shard) << 22 | UInt64(sequence)
    }

    /// Reads the 13 characters of the text form (any letter case); nil when they are not an order ID.
    package init?(text: some Collection<UInt8>) {
        guard text.count == 13, let value = CrockfordBase32.decode(text) else { return nil }
        rawValue = value
    }

    package init?(text: String) {
        self.init(text: Array(text.utf8))
    }

    package var lane: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    package var shard: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 22) & 0x3FF }
    package var sequence: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 0x3F_FFFF }

    /// 13 characters of Crockford base 32, upper case.
    package var text: String { String(decoding: CrockfordBase32.encode(rawValue), as: UTF8.self) }
    package var description: String { text }

    /// The eight big-endian bytes under which Redis knows the order.
    package var bytes: [UInt8] { rawValue.bigEndianBytes }

    /// Reads the eight big-endian bytes; nil at any other length.
    package init?(bytes: some Collection<UInt8>) {
        guard let value = UInt64(bigEndianBytes: bytes) else { return nil }
        rawValue = value
    }

    package static func < (a: OrderID, b: OrderID) -> Bool { a.rawValue < b.rawValue }
}

extension UInt64 {
    /// Most significant byte first.
    package var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }

    /// nil unless there are exactly eight bytes.
    package init?(bigEndianBytes bytes: some Collection<UInt8>) {
        guard bytes.count == 8 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
