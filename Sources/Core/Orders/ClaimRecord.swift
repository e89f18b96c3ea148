import Wire

/// The claim as Redis holds it: 43 bytes, the value of the coupon's field in its bucket.
///
/// Layout, big endian: `order u64 | version u8 | gift u16 | region u16 | role u64 | user u64 | amount u32 |
/// claimedAt u48 (ms) | life u16 (minutes from claim to deadline) | epoch u16`. Together with the field's
/// name (the coupon) it holds all that rebuilds the order record in Kafka. The order comes first, so that the
/// script can put another number in front; what a repeat must agree on (gift, region, role) is one run of
/// bytes.
package enum ClaimRecord {
    package static let version: UInt8 = 1
    /// Bytes of the value.
    package static let count = 43
    /// Where, in the value, the bytes stand that a repeat of the claim must agree on.
    package static let fingerprint = 9..<21
    static let minuteMs: Int64 = 60_000

    package static func encode(_ order: Order) -> [UInt8] {
        var out = ByteWriter(reserving: count)
        out.u64(order.id.rawValue)
        out.u8(version)
        out.u16(order.gift)
        out.u16(order.region)
        out.u64(order.role)
        out.u64(order.user)
        out.u32(order.amount)
        out.u48(UInt64(clamping: order.claimedAtMs))
        out.u16(UInt16(clamping: (order.deadlineMs - order.claimedAtMs) / minuteMs))
        out.u16(order.epoch)
        return out.bytes
    }

    /// nil when the bytes are not a claim record of a known version.
    package static func decode(_ bytes: [UInt8], coupon: UInt64) -> Order? {
        guard bytes.count == count, bytes[8] == version, let id = OrderID(bytes: bytes[0..<8]) else {
            return nil
        }
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        let claimedAtMs = Int64(number(33..<39))
        return Order(
            id: id, coupon: coupon, user: number(21..<29), gift: UInt16(number(9..<11)),
            region: UInt16(number(11..<13)), role: number(13..<21), amount: UInt32(number(29..<33)),
            claimedAtMs: claimedAtMs, deadlineMs: claimedAtMs + Int64(number(39..<41)) * minuteMs,
            epoch: UInt16(number(41..<43)))
    }
}
