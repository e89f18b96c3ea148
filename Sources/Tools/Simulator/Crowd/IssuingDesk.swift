import Catalog
import Credentials
import Wire

/// Everything that a person carries: a login ticket and a coupon, good or not as their part wants it.
struct Papers: Sendable {
    /// The whole header line.
    let authorization: String
    let coupon: String
    /// Nil except for garbage: what is sent in place of a claim.
    let garbage: [UInt8]?

    func claimBody(_ draft: PersonScript.Draft) -> [UInt8] {
        if let garbage { return garbage }
        var json = JSONWriter(reserving: 192)
        json.beginObject()
        for (key, value) in [
            ("coupon", coupon), ("gift", draft.gift), ("region", draft.region), ("role", draft.role),
        ] {
            json.key(key)
            json.string(value)
        }
        json.endObject()
        return json.bytes
    }
}

/// Issues tickets and coupons as the login service and the red packets would.
struct IssuingDesk: Sendable {
    /// How long tickets and coupons are good, in s.
    static let lifeS: Int64 = 24 * 3600

    private let signers: [TicketAlgorithm: TicketSigner]
    private let coupons: CouponCodec
    private let audience: String
    private let nowS: Int64

    /// - Parameter keys: the issuer's private keys; one an algorithm is used.
    init(keys: [TicketKey], coupons: CouponCodec, audience: String, nowS: Int64) throws(KeyFault) {
        var signers: [TicketAlgorithm: TicketSigner] = [:]
        for key in keys { signers[key.algorithm] = try TicketSigner(key: key) }
        guard !signers.isEmpty else { throw KeyFault(reason: .noKeys) }
        self.signers = signers
        self.coupons = coupons
        self.audience = audience
        self.nowS = nowS
    }

    func papers(for person: Person) -> Papers {
        var random = SplitMix64(seed: splitMix64(person.seed))
        let ticket = person.part == .badTicket ? badTicket(person, &random) : self.ticket(person)
        return Papers(
            authorization: "authorization: Bearer \(ticket)", coupon: coupon(person, &random),
            garbage: person.part == .garbage ? garbage(&random) : nil)
    }

    func ticket(_ person: Person, audience: String? = nil, expired: Bool = false) -> String {
        let signer = signers[person.ticket] ?? signers.values.first!
        return signer.sign(
            user: person.user, audience: audience ?? self.audience, issuedAtS: nowS - 60,
            expiresAtS: expired ? nowS - 30 : nowS + Self.lifeS)
    }

    private func badTicket(_ person: Person, _ random: inout SplitMix64) -> String {
        switch random.next() % 4 {
        case 0: return ticket(person, expired: true)
        case 1: return ticket(person, audience: "another-house")
        case 2: return Self.damaged(ticket(person), &random)
        default: return "not.a.ticket"
        }
    }

    private func coupon(_ person: Person, _ random: inout SplitMix64) -> String {
        let token = coupons.sign(
            Coupon(
                serial: person.couponSerial,
                holder: person.part == .othersCoupon ? person.user ^ 1 << 40 : person.user,
                kind: person.couponKind,
                expiresAtS: UInt32(person.part == .expiredCoupon ? nowS - 3600 : nowS + Self.lifeS)))
        return person.part == .forgedCoupon ? Self.damaged(token, &random) : token
    }

    /// The token with one of its last characters changed into another one of its alphabet.
    private static func damaged(_ token: String, _ random: inout SplitMix64) -> String {
        var bytes = Array(token.utf8)
        // Not the very last ones, where some characters would spell unused bits.
        let index = bytes.count - 3 - Int(random.next() % 8)
        bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Bytes that are no claim: cut off, of other types, with fields too many, or no JSON at all.
    private func garbage(_ random: inout SplitMix64) -> [UInt8] {
        switch random.next() % 5 {
        case 0: return Array(#"{"coupon":"AAAA","gift":"#.utf8)
        case 1: return Array(#"{"coupon":7,"gift":[],"region":{},"role":null}"#.utf8)
        case 2: return Array(#"{"coupon":"A","gift":"x","region":"y","role":"1","admin":true}"#.utf8)
        case 3: return (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) | 0x80 }
        default: return Array(String(repeating: "[", count: 400).utf8)
        }
    }
}
