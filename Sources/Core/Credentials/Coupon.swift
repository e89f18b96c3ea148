/// The right to claim one gift pack, won from a red packet.
package struct Coupon: Sendable, Equatable {
    /// Unique in its campaign.
    package var serial: UInt64
    /// The user it was given to; nobody else may claim with it.
    package var holder: UInt64
    /// Slot of the coupon kind (swipe, AR map, scan) in the campaign.
    package var kind: UInt8
    /// Unix seconds.
    package var expiresAtS: UInt32

    package init(serial: UInt64, holder: UInt64, kind: UInt8, expiresAtS: UInt32) {
        self.serial = serial
        self.holder = holder
        self.kind = kind
        self.expiresAtS = expiresAtS
    }

    /// Whether the coupon can no longer begin a claim. A repeat of an earlier one still finds its order,
    /// which is why verification does not look at the time.
    package func isExpired(nowS: Int64) -> Bool {
        nowS >= Int64(expiresAtS)
    }
}

/// Why a coupon token was refused. Holds nothing of the token.
package enum CouponError: String, Error, Sendable {
    /// Not 52 characters of base 64 for URLs.
    case malformed
    case unknownVersion
    /// Signed with a key that we do not have, or no longer accept.
    case unknownKey
    /// Forged, damaged, or of another campaign.
    case badSignature
}
