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
}

/// What eligibility says of an admitted claim. A refusal is not an answer yet: a stored order comes first.
enum Verdict: Sendable, Equatable {
    case claim
    case refuse(ClaimProblem)
    /// The profile that would tell is not at hand.
    case unknown
}

/// From the bytes of a request to what is to be done about it: credentials, catalog, eligibility.
///
/// Pure: the time comes in, a value goes out, nothing is asked of anybody.
struct ClaimGate: Sendable {
    let catalog: Catalog
    let tickets: TicketVerifier
    let coupons: CouponCodec

    /// The person that a `Authorization: Bearer` names.
    func person(bearer: Substring?, nowMs: Int64) throws(ClaimProblem) -> UInt64 {
        guard let bearer else { throw .unauthorized("no Authorization: Bearer header") }
        do {
            return try tickets.verify(bearer, nowS: nowMs / 1000).user
        } catch {
            throw .unauthorized("the ticket is refused: \(error.rawValue)")
        }
    }

    /// Coupon, gift and region of a body. Whether the coupon has expired is left to
    /// ``judge(_:profile:nowMs:soldOut:)``, since a repeat finds its order whatever has passed.
    func admit(user: UInt64, body: UnsafeRawBufferPointer) throws(ClaimProblem) -> AdmittedClaim {
        let request: ClaimRequest
        do { request = try ClaimRequest.parse(body) } catch { throw .malformed(error) }
        let coupon = try verified(request.coupon)
        guard coupon.holder == user else { throw .notYours }
        guard let gift = catalog.gift(id: request.gift) else { throw .noSuchGift }
        let game = catalog.games[Int(gift.game)]
        guard let region = game.region(id: request.region) else {
            throw .malformed(field: "region", "not a region of \(game.id)")
        }
        return AdmittedClaim(
            user: user, coupon: coupon.serial, couponExpiresAtS: coupon.expiresAtS, gift: gift.slot,
            region: region.slot, role: request.role)
    }

    private func verified(_ token: String) throws(ClaimProblem) -> Coupon {
        let coupon: Coupon
        do {
            coupon = try coupons.verify(token)
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
