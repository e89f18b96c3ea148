import Credentials
import Testing

@testable import Simulator

@Suite struct IssuingDeskTests {
    private let nowS: Int64 = 1_790_000_000
    private let key = TicketKey(id: "hs", algorithm: .hs256, material: [UInt8](repeating: 3, count: 32))
    private let coupons: CouponCodec
    private let desk: IssuingDesk
    private let verifier: TicketVerifier

    init() throws {
        coupons = try CouponCodec(campaign: "c", keys: [1: [UInt8](repeating: 5, count: 32)])
        desk = try IssuingDesk(keys: [key], coupons: coupons, audience: "hongbao", nowS: nowS)
        verifier = try TicketVerifier(keys: [key], audience: "hongbao")
    }

    private func person(_ part: PersonPart, seed: UInt64) -> Person {
        Person(
            user: 42, part: part, ticket: .hs256, couponKind: 2, couponSerial: 9, repeatsClaim: false,
            spendsAgain: false, isPreloaded: true, seed: seed)
    }

    private func ticket(_ papers: Papers) -> Substring {
        papers.authorization.dropFirst("authorization: Bearer ".count)
    }

    @Test func goodPapersAreGood() throws {
        let papers = desk.papers(for: person(.claims, seed: 1))
        #expect(try verifier.verify(ticket(papers), nowS: nowS).user == 42)
        let coupon = try coupons.verify(papers.coupon, nowS: 0)
        #expect(
            coupon.holder == 42 && coupon.serial == 9 && coupon.kind == 2 && !coupon.isExpired(nowS: nowS))
        #expect(papers.garbage == nil)
    }

    @Test func badTicketsAreAllBad() {
        for seed in 0..<40 as Range<UInt64> {
            let papers = desk.papers(for: person(.badTicket, seed: seed))
            #expect(throws: TicketError.self) { try verifier.verify(ticket(papers), nowS: nowS) }
        }
    }

    @Test func couponsAreWrongInTheWayTheyShouldBe() throws {
        for seed in 0..<40 as Range<UInt64> {
            #expect(throws: CouponError.self) {
                try coupons.verify(desk.papers(for: person(.forgedCoupon, seed: seed)).coupon, nowS: 0)
            }
            #expect(
                try coupons.verify(desk.papers(for: person(.othersCoupon, seed: seed)).coupon, nowS: 0)
                    .holder != 42)
            let expired = try coupons.verify(
                desk.papers(for: person(.expiredCoupon, seed: seed)).coupon, nowS: 0)
            #expect(expired.isExpired(nowS: nowS) && expired.holder == 42)
        }
    }

    @Test func garbageReplacesTheClaim() {
        let draft = PersonScript.Draft(gift: "g", region: "r", role: "1")
        let bodies = Set((0..<60).map { desk.papers(for: person(.garbage, seed: $0)).claimBody(draft) })
        #expect(bodies.count > 4)
    }
}
