import Wire

/// What a part of a set is filed under: a game, and the minute in which its orders were claimed.
package struct SummaryKey: Hashable, Comparable, Sendable {
    /// The game's slot, or whatever else the caller divides by.
    package let group: UInt32
    /// Minutes since 1970 (UTC), or 0 where time is not told.
    package let minute: UInt32

    package init(group: UInt32, minute: UInt32) {
        self.group = group
        self.minute = minute
    }

    package static func < (a: SummaryKey, b: SummaryKey) -> Bool {
        (a.group, a.minute) < (b.group, b.minute)
    }
}

/// Count and checksums of a set of IDs by game and minute, whatever the order in which they come, so that a
/// later comparison only looks where two sides differ.
///
/// The checksums are the sum modulo 2⁶⁴ and the exclusive or of a 64-bit mix of each ID (``splitMix64(_:)``).
/// SOURCE: Bellare, Micciancio, "A New Paradigm for Collision-Free Hashing: Incrementality at Reduced Cost"
/// (1997), AdHASH and XHASH. They find what chance and faults do to a set, at 2⁻⁶⁴ a pair; they are no
/// defence against somebody who chooses IDs. An ID that is added twice counts twice: callers add distinct
/// ones.
package struct SetSummary: Sendable, Equatable {
    /// Of one key.
    package struct Entry: Sendable, Equatable {
        package var count: UInt64 = 0
        package var sum: UInt64 = 0
        package var xor: UInt64 = 0

        package init() {}

        package var isEmpty: Bool { self == Entry() }

        package mutating func add(_ id: UInt64) {
            let mixed = splitMix64(id)
            count &+= 1
            sum &+= mixed
            xor ^= mixed
        }

        /// Undoes ``add(_:)``.
        package mutating func remove(_ id: UInt64) {
            let mixed = splitMix64(id)
            count &-= 1
            sum &-= mixed
            xor ^= mixed
        }

        fileprivate mutating func merge(_ other: Entry) {
            count &+= other.count
            sum &+= other.sum
            xor ^= other.xor
        }
    }

    /// Keys without IDs are left out, so that equal contents are equal summaries.
    package private(set) var entries: [SummaryKey: Entry] = [:]

    package init() {}

    package var count: UInt64 { entries.values.reduce(0) { $0 &+ $1.count } }

    package mutating func add(_ id: UInt64, to key: SummaryKey) { change(key) { $0.add(id) } }

    /// An ID that was added leaves.
    package mutating func remove(_ id: UInt64, from key: SummaryKey) { change(key) { $0.remove(id) } }

    /// Takes what another summary holds of IDs that this one does not.
    package mutating func merge(_ other: SetSummary) {
        for (key, entry) in other.entries { change(key) { $0.merge(entry) } }
    }

    /// The keys under which two sides do not hold the same, ascending.
    package func differences(from other: SetSummary) -> [SummaryKey] {
        var keys = entries.filter { other.entries[$0.key] != $0.value }.map(\.key)
        keys += other.entries.keys.filter { entries[$0] == nil }
        return keys.sorted()
    }

    private mutating func change(_ key: SummaryKey, _ body: (inout Entry) -> Void) {
        body(&entries[key, default: Entry()])
        if entries[key]?.isEmpty ?? false { entries[key] = nil }
    }
}

/// The stored form: `HBSUM01\n`, keys (UInt64), by ascending key group, minute (UInt32 each), count, sum, xor
/// (UInt64 each), all little endian; then the CRC-32 of all before.
extension SetSummary {
    private static let magic = Array("HBSUM01\n".utf8)
    private static let headBytes = 16
    private static let entryBytes = 32

    package var stored: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headBytes + entries.count * Self.entryBytes + 4)
        bytes.little(UInt64(entries.count))
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
            bytes.little(key.group)
            bytes.little(key.minute)
            bytes.little(entry.count)
            bytes.little(entry.sum)
            bytes.little(entry.xor)
        }
        bytes.little(crc32(bytes))
        return bytes
    }

    package init(stored bytes: UnsafeRawBufferPointer) throws(StoredSetFault) {
        guard bytes.count >= Self.headBytes + 4 else { throw .length }
        guard bytes.starts(with: Self.magic) else { throw .foreign }
        let end = bytes.count - 4
        let sum: UInt32 = bytes.little(at: end)
        guard crc32(UnsafeRawBufferPointer(rebasing: bytes[..<end]), after: 0) == sum else { throw .checksum }
        let count: UInt64 = bytes.little(at: 8)
        guard count == UInt64((end - Self.headBytes) / Self.entryBytes),
            (end - Self.headBytes) % Self.entryBytes == 0
        else { throw .length }
        var before: SummaryKey?
        for at in stride(from: Self.headBytes, to: end, by: Self.entryBytes) {
            let key = SummaryKey(group: bytes.little(at: at), minute: bytes.little(at: at + 4))
            var entry = Entry()
            entry.count = bytes.little(at: at + 8)
            entry.sum = bytes.little(at: at + 16)
            entry.xor = bytes.little(at: at + 24)
            guard before.map({ $0 < key }) ?? true, !entry.isEmpty else { throw .contents }
            entries[key] = entry
            before = key
        }
    }
}
