import Wire

/// What a person has claimed, as Redis counts it for the quotas: `total u16 | day u16 | in that day u16`,
/// then for each gift pack `gift u16 | count u8`, big endian. Counts stop at their highest number.
///
/// The claim script reads and writes the same bytes; a rebuild counts anew from the orders.
package struct QuotaRecord: Sendable, Equatable {
    package private(set) var total: UInt16 = 0
    /// The last day on which something was claimed.
    package private(set) var day: UInt16 = 0
    package private(set) var inDay: UInt16 = 0
    /// In the order of the first claims.
    package private(set) var gifts: [(gift: UInt16, count: UInt8)] = []

    package init() {}

    /// Days since 1970 of the clock that runs `offsetMinutes` ahead of UTC.
    package static func day(atMs: Int64, offsetMinutes: Int) -> UInt16 {
        UInt16(clamping: (atMs + Int64(offsetMinutes) * 60_000) / 86_400_000)
    }

    /// Counts an order. Orders may come in any order of their days.
    package mutating func add(gift: UInt16, day claimed: UInt16) {
        if total < .max { total += 1 }
        if claimed > day || total == 1 {
            day = claimed
            inDay = 1
        } else if claimed == day, inDay < .max {
            inDay += 1
        }
        if let at = gifts.firstIndex(where: { $0.gift == gift }) {
            if gifts[at].count < .max { gifts[at].count += 1 }
        } else {
            gifts.append((gift, 1))
        }
    }

    package func count(of gift: UInt16) -> UInt8 { gifts.first { $0.gift == gift }?.count ?? 0 }

    package func encode() -> [UInt8] {
        var out = ByteWriter()
        out.u16(total)
        out.u16(day)
        out.u16(inDay)
        for (gift, count) in gifts {
            out.u16(gift)
            out.u8(count)
        }
        return out.bytes
    }

    /// nil when the bytes are not such a record.
    package static func decode(_ bytes: [UInt8]) -> QuotaRecord? {
        guard bytes.count >= 6, (bytes.count - 6) % 3 == 0 else { return nil }
        func number(_ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }
        var record = QuotaRecord()
        record.total = number(0)
        record.day = number(2)
        record.inDay = number(4)
        record.gifts = stride(from: 6, to: bytes.count, by: 3).map { (number($0), bytes[$0 + 2]) }
        return record
    }

    package static func == (a: QuotaRecord, b: QuotaRecord) -> Bool { a.encode() == b.encode() }
}
