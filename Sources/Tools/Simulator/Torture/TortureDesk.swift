import CampaignFiles
import Credentials
import Orders
import Telemetry
import Wire

/// Writes the requests of the torture: tickets, coupons and bodies.
struct TortureDesk: Sendable {
    private static let lifeS: Int64 = 7 * 86_400

    private let plan: TorturePlan
    private let tickets: TicketSigner
    private let coupons: CouponCodec
    private let nowS: Int64

    init(_ plan: TorturePlan, secrets: HouseSecrets, nowS: Int64) throws {
        self.plan = plan
        let keys = try KeyFiles.tickets(secrets.signersFile)
        guard let key = keys.first(where: { $0.algorithm == .hs256 }) else {
            throw KeyFault(reason: .noKeys)
        }
        tickets = try TicketSigner(key: key)
        coupons = try KeyFiles.coupons(secrets.couponsFile, campaign: TortureCampaign.id)
        self.nowS = nowS
    }

    /// The whole request.
    func request(_ attempt: TorturePlan.Attempt) -> [UInt8] {
        let user = plan.user(attempt.coupon)
        let ticket = tickets.sign(
            user: user, audience: "hongbao", issuedAtS: nowS - 60, expiresAtS: nowS + Self.lifeS)
        let body = body(attempt, user)
        return Array(
            """
            POST /v1/claims HTTP/1.1\r\nhost: torture\r\nauthorization: Bearer \(ticket)\r
            content-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8)
    }

    private func body(_ attempt: TorturePlan.Attempt, _ user: UInt64) -> String {
        let part = plan.part(attempt.coupon)
        let coupon = Coupon(
            serial: plan.serial(attempt.coupon), holder: part == .othersCoupon ? user ^ 1 << 40 : user,
            kind: 0, expiresAtS: UInt32(part == .expired ? nowS - 3600 : nowS + Self.lifeS))
        let gift = attempt.namesAnotherGift ? plan.otherGift(attempt.coupon) : plan.gift(attempt.coupon)
        let role = TorturePlan.role(user) + (part == .strangeRole ? 1 : 0)
        return """
            {"coupon":"\(coupons.sign(coupon))","gift":"\(TortureCampaign.giftID(gift))",\
            "region":"\(TortureCampaign.region)","role":"\(role)"}
            """
    }

    /// Reads an answer's body.
    static func answer(status: Int, body: ArraySlice<UInt8>) -> TortureNotes.Answer {
        var answer = TortureNotes.Answer(status: status, order: nil, problem: nil)
        guard case .object(let json) = try? JSON.parse(Array(body), limits: .request) else { return answer }
        if case .string(let text) = json["order"] { answer.order = OrderID(text: text) }
        if case .string(let type) = json["type"] {
            answer.problem = type.split(separator: ":").last.map(String.init)
        }
        return answer
    }
}
