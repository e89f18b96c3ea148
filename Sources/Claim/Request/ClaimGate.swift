import Catalog
import Credentials
import Orders
import Profiles
import Wire

/// A claim whose ticket, coupon, gift and region have been found good; what is left to ask is eligibility.
struct AdmittedClaim: Sendable, Equatable {
    var user: UInt64
    /// The coupon's serial number.
    var coupon: UInt64
    var couponExpiresAtS: UInt32
    /// Slot of the gift pack.
    var gift: UInt16
    /// Slot of the region within the gift's game.
    var region: UInt16
    var role: UInt64
    /// What the ticket and the connection tell, for the rules of risk; see ``Visitor``.
    var device: UInt64 = 0
    var accountCreatedS: Int64?
    var address: UInt64 = 0
}

/// What eligibility says of an admitted claim. A refusal is not an answer yet: a stored order comes first.
enum Verdict: Sendable, Equatable {
    case claim
    case refuse(ClaimProblem)
    /// The profile that would tell is not at hand.
    case unknown
}

/// From the bytes of a body to what is to be done about it: coupon, catalog, eligibility.
///
/// Pure: the time comes in, a value goes out, nothing is asked of anybody.
///
/// A class, so that a claim does not copy the catalog's references.
final class ClaimGate: Sendable {
    let catalog: Catalog
    private let gifts: NameTable
    /// Index = game slot.
    private let regions: [NameTable]

    init(catalog: Catalog) {
        self.catalog = catalog
        gifts = NameTable(catalog.gifts.map(\.id))
        regions = catalog.games.map { game in NameTable(game.regions.map(\.id)) }
    }

    /// Coupon, gift and region of a body. Whether the coupon has expired is left to
    /// ``judge(_:profile:nowMs:soldOut:)``, since a repeat finds its order whatever has passed.
    func admit(
        _ visitor: Visitor, body: UnsafeRawBufferPointer, coupons: CouponCodec, nowMs: Int64
    ) throws(ClaimProblem) -> AdmittedClaim {
        if let fields = ClaimFields(body) {
            return try admit(visitor, fields, coupons: coupons, nowMs: nowMs)
        }
        var request: ClaimRequest
        do { request = try ClaimRequest.parse(body) } catch { throw .malformed(error) }
        let claim = request.withFields { fields in
            Result { () throws(ClaimProblem) in
                try admit(visitor, fields, coupons: coupons, nowMs: nowMs)
            }
        }
        return try claim.get()
    }

    private func admit(
        _ visitor: Visitor, _ fields: ClaimFields, coupons: CouponCodec, nowMs: Int64
    ) throws(ClaimProblem) -> AdmittedClaim {
        let coupon = try verified(fields.coupon, coupons, nowS: nowMs / 1000)
        guard coupon.holder == visitor.user else { throw .notYours }
        guard let gift = gifts.slot(fields.gift) else { throw .noSuchGift }
        let game = Int(catalog.gifts[Int(gift)].game)
        guard let region = regions[game].slot(fields.region) else {
            throw .malformed(field: "region", "not a region of \(catalog.games[game].id)")
        }
        return AdmittedClaim(
            user: visitor.user, coupon: coupon.serial, couponExpiresAtS: coupon.expiresAtS, gift: gift,
            region: region, role: fields.role, device: visitor.device,
            accountCreatedS: visitor.accountCreatedS, address: visitor.address)
    }

    private func verified(
        _ token: UnsafeBufferPointer<UInt8>, _ coupons: CouponCodec, nowS: Int64
    ) throws(ClaimProblem) -> Coupon {
        let coupon: Coupon
        do {
            coupon = try coupons.verify(token, nowS: nowS)
        } catch {
            switch error {
            case .malformed, .unknownVersion: throw .malformed(field: "coupon", "not a coupon token")
            case .unknownKey, .badSignature: throw .couponInvalid
            }
        }
        guard Int(coupon.kind) < catalog.campaign.couponKinds.count else { throw .couponInvalid }
        return coupon
    }

    /// Whether the claim may go ahead now.
    ///
    /// - Parameters:
    ///   - profile: nil where it has not been asked for; what is refused without it needs not be asked for.
    ///   - soldOut: what the loop knows of the stock.
    func judge(_ claim: AdmittedClaim, profile: Profile?, nowMs: Int64, soldOut: Bool) -> Verdict {
        let answer = Eligibility.check(
            gift: catalog.gifts[Int(claim.gift)], region: claim.region, role: claim.role, profile: profile,
            catalog: catalog, nowMs: nowMs, soldOut: soldOut)
        switch answer {
        case .no(let refusal): return .refuse(.refused(refusal))
        case .yes, .unknown:
            if nowMs / 1000 >= Int64(claim.couponExpiresAtS) { return .refuse(.couponExpired) }
            return answer == .yes ? .claim : .unknown
        }
    }

    /// The order that the claim becomes when it is accepted; its ID is the script's to give.
    func order(_ claim: AdmittedClaim, nowMs: Int64) -> Order {
        Order(
            id: OrderID(rawValue: 0), coupon: claim.coupon, user: claim.user, gift: claim.gift,
            region: claim.region, role: claim.role, claimedAtMs: nowMs,
            deadlineMs: nowMs + catalog.campaign.deliveryWindowMs)
    }

    /// Whether a repeat says what the first claim of its coupon said.
    static func isRepeat(_ order: Order, of stored: Order) -> Bool {
        order.gift == stored.gift && order.region == stored.region && order.role == stored.role
    }
}
