import Credentials
import HTTPServer
import NIOCore
import Pacing
import ServiceWiring
import Wire

/// Who asks, as far as the credentials and the connection tell.
struct Visitor: Sendable, Equatable {
    var user: UInt64
    /// As the ticket tells: `Ticket.device`.
    var device: UInt64 = 0
    /// As the ticket tells, Unix seconds; nil where it does not.
    var accountCreatedS: Int64?
    /// The client's address as `IPAddress.subscriber`; 0 where it has none.
    var address: UInt64 = 0
}

/// What a loop makes its front door of.
struct FrontPlan: Sendable {
    var limits: FrontLimits
    var tickets: TicketVerifier
    var coupons: CouponCodec
    /// Verified tickets that a loop remembers; a power of two.
    var ticketEntries: Int
}

/// One loop's front door: whose request it is, whether they have asked too often, and what their claim says.
///
/// What costs least comes first: the address's quota is taken before the ticket is looked at, so that a flood
/// of forged ones is refused without a digest; then the ticket, the person's own quota, the body, the coupon.
/// Owned by its loop; no locks, and for a claim of the usual form no allocation.
struct FrontDoor: ~Copyable {
    enum Errand {
        case claim
        case look
    }

    private let limits: FrontLimits
    private var tickets: VerifiedTickets
    private var coupons: CouponCodec
    private var claims: PersonLimiter
    private var looks: PersonLimiter
    private var addresses: PersonLimiter

    /// - Parameter random: fresh random bits each time.
    init(_ plan: FrontPlan, random: () -> UInt64) {
        limits = plan.limits
        tickets = VerifiedTickets(
            verifier: plan.tickets, entries: plan.ticketEntries, seed: (random(), random()))
        coupons = plan.coupons
        claims = PersonLimiter(limit: limits.claims.limit, slots: limits.slots, seed: random())
        looks = PersonLimiter(limit: limits.orders.limit, slots: limits.slots, seed: random())
        addresses = PersonLimiter(limit: limits.addresses.limit, slots: limits.slots, seed: random())
    }

    /// Other keys from the next request on.
    mutating func adopt(_ verifier: TicketVerifier) {
        tickets.adopt(verifier)
    }

    mutating func adopt(_ coupons: CouponCodec) {
        self.coupons = coupons
    }

    /// The claim of a request, as far as it can be judged without knowing the person's roles.
    mutating func claim(
        _ request: HTTPRequest, _ gate: ClaimGate, nowMs: Int64, nowNs: UInt64
    ) throws(ClaimProblem) -> AdmittedClaim {
        let visitor = try visitor(request, .claim, nowMs: nowMs, nowNs: nowNs)
        let claim = request.body.withUnsafeReadableBytes { body in
            Result { () throws(ClaimProblem) in
                try gate.admit(visitor, body: body, coupons: coupons, nowMs: nowMs)
            }
        }
        return try claim.get()
    }

    /// Whose request it is.
    mutating func visitor(
        _ request: HTTPRequest, _ errand: Errand, nowMs: Int64, nowNs: UInt64
    ) throws(ClaimProblem) -> Visitor {
        let address = request.clientAddress(trusting: limits.proxies)
        if let address, !limits.unlimited.contains(address) {
            let decision = addresses.take(user: address.subscriber, nowNs: nowNs)
            if case .limited = decision { throw .tooMany(limits.addresses, decision) }
        }
        let ticket = try ticket(request, nowS: nowMs / 1000)
        switch errand {
        case .claim:
            let decision = claims.take(user: ticket.user, nowNs: nowNs)
            if case .limited = decision { throw .tooMany(limits.claims, decision) }
        case .look:
            let decision = looks.take(user: ticket.user, nowNs: nowNs)
            if case .limited = decision { throw .tooMany(limits.orders, decision) }
        }
        return Visitor(
            user: ticket.user, device: ticket.device, accountCreatedS: ticket.accountCreatedS,
            address: address?.subscriber ?? 0)
    }

    private mutating func ticket(_ request: HTTPRequest, nowS: Int64) throws(ClaimProblem) -> Ticket {
        var result: Result<Ticket, TicketError>?
        request.withBearerToken { token in
            do throws(TicketError) {
                result = .success(try tickets.verify(token, nowS: nowS))
            } catch {
                result = .failure(error)
            }
        }
        switch result {
        case .success(let ticket)?: return ticket
        case .failure(let error)?: throw .ticket(error)
        case nil: throw .noTicket
        }
    }
}
