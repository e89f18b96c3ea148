import HTTPServer
import Orders
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

    static func unauthorized(_ why: String) -> ClaimProblem {
        ClaimProblem(401, "unauthorized", "A valid login ticket is needed", detail: why)
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
