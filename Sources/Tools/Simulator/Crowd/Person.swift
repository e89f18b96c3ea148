import Credentials

/// What a person of the crowd is about to do.
enum PersonPart: Sendable, Equatable {
    /// Claims a pack that the list shows as claimable.
    case claims
    /// Goes for a pack of which there are few; takes another one when it is gone.
    case contends(gift: UInt16)
    /// Only looks.
    case looks
    /// Names a region and role that are somebody else's.
    case wrongRegion
    /// Wants a pack of a game that the person does not play.
    case noRole
    /// Uses a coupon that was given to another person.
    case othersCoupon
    case expiredCoupon
    /// Uses a coupon with a byte changed.
    case forgedCoupon
    /// Sends what is no claim at all.
    case garbage
    /// Comes with a ticket that is no good.
    case badTicket
    /// Asks for a pack that does not exist.
    case unknownGift

    /// Whether the claim must end in an order.
    var isValid: Bool {
        switch self {
        case .claims, .contends: true
        default: false
        }
    }

    /// Whether the part needs a pack that the list shows as claimable, so that nothing else is wrong with it.
    var needsChoice: Bool {
        switch self {
        case .claims, .contends, .wrongRegion, .othersCoupon, .expiredCoupon, .forgedCoupon: true
        case .looks, .noRole, .garbage, .badTicket, .unknownGift: false
        }
    }

    /// As it stands in notes and reports.
    var name: String {
        switch self {
        case .claims: "claim"
        case .contends: "contended"
        case .looks: "look"
        case .wrongRegion: "wrong_region"
        case .noRole: "no_role"
        case .othersCoupon: "others_coupon"
        case .expiredCoupon: "expired_coupon"
        case .forgedCoupon: "forged_coupon"
        case .garbage: "garbage"
        case .badTicket: "bad_ticket"
        case .unknownGift: "unknown_gift"
        }
    }

    /// The statuses that are right as the end of such a claim; those of valid claims are 202 and, where an
    /// earlier try had got through, 200.
    var rightStatuses: Set<Int> {
        switch self {
        case .claims, .contends: [200, 202]
        case .looks: []
        // Whether the pack is sold out is looked at before whose role it is.
        case .wrongRegion, .noRole: [403, 409]
        case .othersCoupon: [403]
        case .expiredCoupon: [410]
        // A forgery is malformed to one who cannot read it, and not yours to one who can.
        case .forgedCoupon: [400, 403]
        case .garbage: [400]
        case .badTicket: [401]
        case .unknownGift: [404]
        }
    }

    /// Those who will not get a pack, with how many of a hundred of them do what.
    static let refusedShares: [(part: PersonPart, percent: Int)] = [
        (.looks, 50), (.wrongRegion, 10), (.garbage, 8), (.expiredCoupon, 8), (.othersCoupon, 6),
        (.forgedCoupon, 6), (.badTicket, 6), (.noRole, 3), (.unknownGift, 3),
    ]
}

/// One person of the crowd, before anything happens.
struct Person: Sendable, Equatable {
    let user: UInt64
    let part: PersonPart
    let ticket: TicketAlgorithm
    let couponKind: UInt8
    let couponSerial: UInt64
    /// Sends the same claim again after it was accepted.
    let repeatsClaim: Bool
    /// Tries the spent coupon on another pack.
    let spendsAgain: Bool
    /// The nightly batch knew this person; for the others the role services must be asked.
    let isPreloaded: Bool
    /// For this person's own choices.
    let seed: UInt64
}
