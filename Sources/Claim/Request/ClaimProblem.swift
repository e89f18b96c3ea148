import Credentials
import HTTPServer
import OrderStore
import Orders
import Pacing
import ServiceWiring
import Wire

/// Everything that Claim says no with: one RFC 9457 problem document each.
///
/// `type` is `urn:hongbao:problem:<slug>`; docs/openapi.yaml lists the slugs. A refusal of the shared
/// eligibility code carries its own name as the member `reason`, a malformed field its path as `field`.
struct ClaimProblem: Error, Sendable, Equatable {
    static let typePrefix = "urn:hongbao:problem:"

    var status: Int
    var slug: String
    var title: String
    var detail: String?
    /// The path of the field at fault.
    var field: String?
    /// The eligibility refusal behind it.
    var reason: String?
    /// Whole seconds, sent as `Retry-After`.
    var retryAfterS: Int?
    /// Of a quota that is used up, sent as `RateLimit-Policy` and `RateLimit`.
    var rateLimit: RateLimit?

    struct RateLimit: Sendable, Equatable {
        var policy: String
        var value: String
    }

    private init(
        _ status: Int, _ slug: String, _ title: String, detail: String? = nil, field: String? = nil,
        reason: String? = nil, retryAfterS: Int? = nil
    ) {
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.field = field
        self.reason = reason
        self.retryAfterS = retryAfterS
    }

    // MARK: - The request itself

    static func malformed(_ error: JSONError) -> ClaimProblem {
        ClaimProblem(
            400, "malformed", "The request cannot be read", detail: error.description,
            field: error.path.isEmpty ? nil : error.path)
    }

    static func malformed(field: String, _ why: String) -> ClaimProblem {
        malformed(JSONError(path: field, reason: why))
    }

    static let noTicket = unauthorized("there is no Authorization: Bearer header")

    /// Says what an honest client can mend, and nothing that helps to forge: which key, algorithm, signature
    /// or audience did not fit stays here.
    static func ticket(_ error: TicketError) -> ClaimProblem {
        switch error {
        case .expired: unauthorized("the ticket has expired")
        case .notYet: unauthorized("the ticket is not good yet")
        case .malformed, .unknownKey, .wrongAlgorithm, .badSignature, .wrongAudience, .badSubject:
            unauthorized("the ticket is not a valid one of this service")
        }
    }

    private static func unauthorized(_ why: String) -> ClaimProblem {
        ClaimProblem(401, "unauthorized", "A valid login ticket is needed", detail: why)
    }

    /// A person, or an address, has used a quota up.
    static func tooMany(_ quota: PersonQuota, _ decision: PersonLimiter.Decision) -> ClaimProblem {
        var problem = ClaimProblem(
            429, "too-many-requests", "Too many requests",
            detail: "repeat after the time that Retry-After tells")
        if case .limited(let retryAfterS) = decision { problem.retryAfterS = retryAfterS }
        problem.rateLimit = RateLimit(policy: quota.policy, value: quota.value(decision))
        return problem
    }

    static let couponInvalid = ClaimProblem(
        403, "coupon-invalid", "The coupon is not one of this campaign's", field: "coupon")
    static let notYours = ClaimProblem(
        403, "not-yours", "The coupon belongs to somebody else", field: "coupon")
    static let couponExpired = ClaimProblem(410, "coupon-expired", "The coupon has expired", field: "coupon")
    static let noSuchGift = ClaimProblem(404, "no-such-gift", "There is no such gift pack", field: "gift")
    static let noSuchOrder = ClaimProblem(404, "no-such-order", "There is no such order")
    static let noSuchRoute = ClaimProblem(404, "no-such-route", "There is nothing here")

    // MARK: - Eligibility

    static func refused(_ refusal: Orders.Refusal) -> ClaimProblem {
        let name = refusal.rawValue
        switch refusal {
        case .notYetOpen:
            return ClaimProblem(403, "not-yet-open", "The campaign is not yet open", reason: name)
        case .over: return ClaimProblem(410, "over", "The campaign is over", reason: name)
        case .paused:
            return ClaimProblem(
                503, "paused", "The gift pack is not given out for the moment", reason: name, retryAfterS: 30)
        case .soldOut: return ClaimProblem(409, "sold-out", "The gift pack is sold out", reason: name)
        case .noRole: return ClaimProblem(403, "no-role", "You have no role in this game", reason: name)
        case .notNewcomer:
            return ClaimProblem(403, "not-a-newcomer", "The gift pack is for newcomers", reason: name)
        case .notPlayer:
            return ClaimProblem(
                403, "not-a-player", "The gift pack is for those who play already", reason: name)
        case .notYours:
            return ClaimProblem(
                403, "not-your-role", "The role is not one of yours in that region", field: "role",
                reason: name)
        }
    }

    static let soldOut = refused(.soldOut)

    // MARK: - The stored order

    static let couponSpent = ClaimProblem(
        409, "coupon-spent", "The coupon was spent on another claim",
        detail: "the same coupon was claimed with another gift, region or role; that order stands")

    /// The person has as many orders as the campaign gives to one.
    static func overQuota(_ quota: Quota) -> ClaimProblem {
        let detail =
            switch quota {
            case .person: "nobody gets more orders in this campaign"
            case .gift: "nobody gets more of this gift pack"
            case .day: "nobody gets more orders on one day"
            }
        return ClaimProblem(
            409, "over-quota", "You have had your share", detail: detail, reason: "\(quota)")
    }

    // MARK: - Not now

    /// Whether the person plays the game cannot be found out at the moment; it is not guessed.
    static let eligibilityUnknown = busy(
        "the game does not say at the moment whether you play it", retryAfterS: 2)
    static let overloaded = busy("too many requests wait already", retryAfterS: 1)
    static let noLane = busy("no lane to number orders with at the moment", retryAfterS: 1)
    static let storeAway = busy("the order store does not answer", retryAfterS: 1)
    /// The script may have run: a repeat finds what it did.
    static let storeUnknown = busy("the order store did not answer in time; repeat the claim", retryAfterS: 1)
    static let stockBusy = busy("stock is being handed out; repeat the claim", retryAfterS: 1)
    static let outboxFull = busy("too many accepted orders wait for the queue", retryAfterS: 2)
    /// Accepted and not yet in Kafka: the order stands and a repeat finds it.
    static let queueSlow = busy(
        "the order is stored and waits for the queue; repeat the claim", retryAfterS: 1)
    static let closing = busy("this process is being stopped", retryAfterS: 1)

    private static func busy(_ why: String, retryAfterS: Int) -> ClaimProblem {
        ClaimProblem(503, "try-again", "Not at the moment", detail: why, retryAfterS: retryAfterS)
    }

    // MARK: - As sent

    var response: HTTPResponse {
        var headers = [(String, String)]()
        if let retryAfterS { headers.append(("retry-after", String(retryAfterS))) }
        if let rateLimit {
            headers += [("ratelimit-policy", rateLimit.policy), ("ratelimit", rateLimit.value)]
        }
        if status == 401 { headers.append(("www-authenticate", "Bearer")) }
        return .problem(
            status: status, title: title, detail: detail, type: Self.typePrefix + slug, headers: headers
        ) { json in
            if let field {
                json.key("field")
                json.string(field)
            }
            if let reason {
                json.key("reason")
                json.string(reason)
            }
        }
    }
}
