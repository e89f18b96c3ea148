import Credentials
import Orders
import Profiles
import Testing
import Wire

@testable import Claim

@Suite("The gate: credentials, catalog, eligibility")
struct ClaimGateTests {
    private let gate = ClaimFixture.gate
    private let nowMs = ClaimFixture.nowMs

    private func problem(_ body: () throws(ClaimProblem) -> Void) -> ClaimProblem? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a good claim is admitted with its slots")
    func admitted() throws {
        let claim = try admit(ClaimFixture.body(gift: "lamp", region: "s2"))
        #expect(claim.gift == 2 && claim.region == 1 && claim.role == 77 && claim.coupon == 5)
        let order = gate.order(claim, nowMs: nowMs)
        #expect(order.deadlineMs == nowMs + 172_800_000 && order.claimedAtMs == nowMs && order.amount == 1)
    }

    @Test("coupon, gift and region at fault")
    func refused() {
        let other = ClaimFixture.coupon(holder: 1)
        let noKind = ClaimFixture.coupon(kind: 2)
        var forged = Array(ClaimFixture.coupon().utf8)
        forged[20] = forged[20] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let cases: [([UInt8], ClaimProblem)] = [
            (ClaimFixture.body(coupon: other), .notYours),
            (ClaimFixture.body(coupon: noKind), .couponInvalid),
            (ClaimFixture.body(coupon: String(decoding: forged, as: UTF8.self)), .couponInvalid),
            (ClaimFixture.body(coupon: "abc"), .malformed(field: "coupon", "not a coupon token")),
            (ClaimFixture.body(gift: "nothing"), .noSuchGift),
            (ClaimFixture.body(region: "s9"), .malformed(field: "region", "not a region of lantern")),
        ]
        for (body, expected) in cases {
            #expect(problem { () throws(ClaimProblem) in _ = try admit(body) } == expected)
        }
    }

    @Test("a coupon of another campaign is none of ours")
    func otherCampaign() throws {
        let codec = try CouponCodec(campaign: "other", keys: [1: Array(repeating: 9, count: 32)])
        let token = codec.sign(Coupon(serial: 5, holder: ClaimFixture.user, kind: 0, expiresAtS: .max))
        #expect(
            problem { () throws(ClaimProblem) in _ = try admit(ClaimFixture.body(coupon: token)) }
                == .couponInvalid)
    }

    @Test("promise 8: what is not known of a person is not guessed")
    func unknown() {
        let claim = ClaimFixture.admitted()
        #expect(gate.judge(claim, profile: nil, nowMs: nowMs, soldOut: false) == .unknown)
        let elsewhere = ClaimFixture.profile(known: 1)
        #expect(gate.judge(claim, profile: elsewhere, nowMs: nowMs, soldOut: false) == .unknown)
        #expect(Verdict.unknown.problem?.status == 503)
        #expect(Verdict.unknown.problem?.retryAfterS != nil)
    }

    @Test("the verdicts of time, stock, audience and role")
    func verdicts() {
        let old = ClaimFixture.profile()
        let fresh = ClaimFixture.profile(registeredAtMs: ClaimFixture.opensAtMs + 1000)
        let nobody = Profile(user: ClaimFixture.user, known: 3, fetchedAtS: 0)
        func verdict(
            _ gift: UInt16, _ profile: Profile?, atMs: Int64, region: UInt16 = 0, soldOut: Bool = false
        )
            -> Verdict
        {
            gate.judge(
                ClaimFixture.admitted(gift: gift, region: region), profile: profile, nowMs: atMs,
                soldOut: soldOut)
        }
        #expect(verdict(2, old, atMs: nowMs) == .claim)
        #expect(verdict(0, fresh, atMs: nowMs) == .claim)
        #expect(verdict(0, old, atMs: nowMs) == .refuse(.refused(.notNewcomer)))
        #expect(verdict(1, fresh, atMs: nowMs) == .refuse(.refused(.notPlayer)))
        #expect(verdict(2, nobody, atMs: nowMs) == .refuse(.refused(.noRole)))
        #expect(verdict(2, old, atMs: nowMs, region: 1) == .refuse(.refused(.notYours)))
        #expect(verdict(2, old, atMs: nowMs, soldOut: true) == .refuse(.soldOut))
        #expect(verdict(2, nil, atMs: ClaimFixture.opensAtMs - 1) == .refuse(.refused(.notYetOpen)))
        #expect(verdict(2, nil, atMs: ClaimFixture.closesAtMs) == .refuse(.refused(.over)))
    }

    @Test("an expired coupon needs no profile to be refused")
    func expired() {
        var claim = ClaimFixture.admitted()
        claim.couponExpiresAtS = UInt32(nowMs / 1000)
        #expect(gate.judge(claim, profile: nil, nowMs: nowMs, soldOut: false) == .refuse(.couponExpired))
        #expect(
            gate.judge(claim, profile: ClaimFixture.profile(), nowMs: nowMs, soldOut: false)
                == .refuse(.couponExpired))
    }

    @Test("fuzz: any bytes are admitted or refused with a problem of the client's")
    func fuzz() {
        var random = SplitMix64(seed: 0xBAD_C0DE)
        let whole = ClaimFixture.body()
        for _ in 0..<5_000 {
            var body = whole
            let from = Int.random(in: 0..<body.count, using: &random)
            for at in from..<min(body.count, from + Int.random(in: 1...6, using: &random)) {
                body[at] = UInt8.random(in: 0...255, using: &random)
            }
            guard let found = problem({ () throws(ClaimProblem) in _ = try admit(body) }) else { continue }
            #expect([400, 403, 404].contains(found.status))
        }
    }
}
