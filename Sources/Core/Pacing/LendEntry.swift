import Wire

/// What one process tells the others about its shares: what it could give up, what it lacks, what it lends
/// to whom, and whom it has heard. Written whole with each call; the newest replaces the one before.
package struct LendEntry: Sendable, Equatable {
    /// What a process has to spare of a resource, or wants of it; one of the two is 0.
    struct Balance: Sendable, Equatable {
        /// Billionths of the limit's rate (`LimitShare.whole`).
        var spareRate = 0
        var wantedRate = 0
        var spareSlots = 0
        var wantedSlots = 0
    }

    /// So much of a resource is another's to use, until `LimitShares.loanNs` after the call by which the
    /// lender had heard of it.
    struct Grant: Sendable, Equatable {
        var borrower: UInt64
        var resource: Int
        var rate: Int
        var slots: Int
    }

    /// The newest call of another process that had reached the writer.
    struct Heard: Sendable, Equatable {
        var instance: UInt64
        var sequence: UInt64
    }

    /// The writer: a number of its own for every process that ever was.
    package var instance: UInt64
    /// Rises with each call.
    package var sequence: UInt64
    /// Of the writer's `LimitShape`.
    var fingerprint: UInt32
    var balances: [Balance]
    var grants: [Grant]
    var heard: [Heard]
}

extension LendEntry {
    /// What an entry may take; it is more than `encode` can make.
    package static let maxBytes = 262_144
    private static let version: UInt8 = 1

    /// Version, shape, sequence, then the lists, each behind its count; numbers as varints.
    package func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: 64 + balances.count * 8 + grants.count * 16 + heard.count * 12)
        writer.u8(Self.version)
        writer.u32(fingerprint)
        writer.varint(sequence)
        writer.varint(UInt64(balances.count))
        for balance in balances {
            for number in [
                balance.spareRate, balance.wantedRate, balance.spareSlots, balance.wantedSlots,
            ] { writer.varint(UInt64(number)) }
        }
        writer.varint(UInt64(grants.count))
        for grant in grants {
            writer.u64(grant.borrower)
            for number in [grant.resource, grant.rate, grant.slots] { writer.varint(UInt64(number)) }
        }
        writer.varint(UInt64(heard.count))
        for one in heard {
            writer.u64(one.instance)
            writer.varint(one.sequence)
        }
        return writer.bytes
    }

    /// Nil for anything but what `encode` gives.
    package static func decode(_ bytes: [UInt8], instance: UInt64) -> LendEntry? {
        guard bytes.count <= maxBytes else { return nil }
        var reader = ByteReader(bytes)
        return try? read(&reader, instance: instance)
    }

    private static func read(
        _ reader: inout ByteReader, instance: UInt64
    ) throws(ByteReaderError) -> LendEntry? {
        guard try reader.u8() == version else { return nil }
        var entry = LendEntry(
            instance: instance, sequence: 0, fingerprint: try reader.u32(), balances: [], grants: [],
            heard: [])
        entry.sequence = try reader.varint()
        let most = DeliveryPacer.maxGames + 1
        for _ in 0..<(try number(&reader, most: most)) {
            entry.balances.append(
                Balance(
                    spareRate: try number(&reader), wantedRate: try number(&reader),
                    spareSlots: try number(&reader), wantedSlots: try number(&reader)))
        }
        for _ in 0..<(try number(&reader, most: most * LimitShares.maxPeers)) {
            entry.grants.append(
                Grant(
                    borrower: try reader.u64(), resource: try number(&reader, most: most - 1),
                    rate: try number(&reader), slots: try number(&reader)))
        }
        for _ in 0..<(try number(&reader, most: LimitShares.maxPeers)) {
            entry.heard.append(Heard(instance: try reader.u64(), sequence: try reader.varint()))
        }
        return reader.remaining == 0 ? entry : nil
    }

    /// Rates and slots are never more than a limit's whole.
    private static func number(
        _ reader: inout ByteReader, most: Int = LimitShare.whole
    ) throws(ByteReaderError) -> Int {
        let number = try reader.varint()
        guard number <= UInt64(most) else { throw .malformedVarint }
        return Int(number)
    }
}
