import Credentials
import HTTPServer
import NIOCore
import Pacing
import ServiceShell
import ServiceWiring
import Testing
import Wire

@testable import Claim

@Suite("The front door: limits, tickets, claims")
struct FrontDoorTests {
    private let nowMs = ClaimFixture.nowMs

    private static func plan(
        claims: Int = 100, orders: Int = 100, addresses: Int = 1000, unlimited: NetworkList = .none,
        proxies: NetworkList = .none, tickets: TicketVerifier = ClaimFixture.tickets
    ) throws -> FrontPlan {
        FrontPlan(
            limits: FrontLimits(
                claims: try PersonLimit(quota: claims, windowS: 10),
                orders: try PersonLimit(quota: orders, windowS: 10),
                addresses: try PersonLimit(quota: addresses, windowS: 10), unlimited: unlimited,
                proxies: proxies, slots: 64),
            tickets: tickets, coupons: ClaimFixture.coupons, ticketEntries: 64)
    }

    private static func door(_ plan: FrontPlan) -> FrontDoor {
        var random = SplitMix64(seed: 7)
        return FrontDoor(plan) { random.next() }
    }

    private func request(
        ticket: String? = try? ClaimFixture.ticket(), body: [UInt8] = ClaimFixture.body(),
        address: String = "192.0.2.1", forwarded: String? = nil
    ) -> HTTPRequest {
        var headers = ticket.map { [("Authorization", "Bearer " + $0)] } ?? []
        if let forwarded { headers.append(("X-Forwarded-For", forwarded)) }
        return HTTPRequest(
            method: .post, target: "/v1/claims", headers: headers, body: ByteBuffer(bytes: body),
            remoteAddress: address)
    }

    /// The status that a claim is refused with; 0: it is admitted.
    private func claim(_ door: inout FrontDoor, _ request: HTTPRequest, nowNs: UInt64 = 1) -> Int {
        do throws(ClaimProblem) {
            _ = try door.claim(request, ClaimFixture.gate, nowMs: nowMs, nowNs: nowNs)
            return 0
        } catch {
            return error.status
        }
    }

    private func look(_ door: inout FrontDoor, _ request: HTTPRequest, nowNs: UInt64 = 1) -> ClaimProblem? {
        do throws(ClaimProblem) {
            _ = try door.visitor(request, .look, nowMs: nowMs, nowNs: nowNs)
            return nil
        } catch {
            return error
        }
    }

    @Test("promise 10: without a good ticket nobody gets in, and the answer helps nobody to forge one")
    func tickets() throws {
        var door = Self.door(try Self.plan())
        #expect(claim(&door, request()) == 0)
        let good = try ClaimFixture.ticket()
        let late = try ClaimFixture.ticket(expiresAtMs: nowMs)
        #expect(look(&door, request(ticket: late))?.detail == "the ticket has expired")
        for text in [nil, good + "x", String(good.dropLast(3)), "", "a.b.c"] {
            let problem = look(&door, request(ticket: text))
            #expect(problem?.status == 401)
            #expect(problem?.detail?.contains("ignature") == false)
        }
    }

    @Test("the visitor is what ticket and connection tell")
    func visitor() throws {
        let payload =
            #"{"sub":"9","aud":"hongbao","exp":\#(nowMs / 1000 + 9),"device":"d","account_created":5}"#
        let token = try TicketSigner(key: ClaimFixture.ticketKey).sign(payload: Array(payload.utf8))
        var door = Self.door(try Self.plan(proxies: try NetworkList(["10.0.0.1"])))
        let request = request(
            ticket: String(decoding: token, as: UTF8.self),
            body: ClaimFixture.body(coupon: ClaimFixture.coupon(holder: 9)),
            address: "10.0.0.1", forwarded: "203.0.113.7")
        let claim = try door.claim(request, ClaimFixture.gate, nowMs: nowMs, nowNs: 1)
        #expect(claim.user == 9 && claim.device == Ticket.deviceNumber(of: "d") && claim.accountCreatedS == 5)
        #expect(claim.address == IPAddress("203.0.113.7")?.subscriber)
    }

    @Test("a person's claims are limited, another's are not, and the quota comes back")
    func people() throws {
        var door = Self.door(try Self.plan(claims: 3))
        for _ in 0..<3 { #expect(claim(&door, request()) == 0) }
        #expect(claim(&door, request()) == 429)
        let other = request(
            ticket: try ClaimFixture.ticket(user: 4),
            body: ClaimFixture.body(coupon: ClaimFixture.coupon(holder: 4)))
        #expect(claim(&door, other) == 0)
        #expect(claim(&door, request(), nowNs: 3_400_000_000) == 0)
    }

    @Test("looks have a quota of their own")
    func looks() throws {
        var door = Self.door(try Self.plan(claims: 1, orders: 2))
        #expect(claim(&door, request()) == 0)
        #expect(look(&door, request()) == nil && look(&door, request()) == nil)
        let problem = try #require(look(&door, request()))
        let headers = Dictionary(uniqueKeysWithValues: problem.response.headers)
        #expect(problem.status == 429 && headers["retry-after"] == "5")
        #expect(headers["ratelimit-policy"] == #""orders";q=2;w=10"#)
        #expect(headers["ratelimit"] == #""orders";r=0;t=5"#)
        #expect(problem.response.status == 429 && problem.slug == "too-many-requests")
    }

    @Test("an address is limited before its tickets are looked at, whoever they name")
    func addresses() throws {
        var door = Self.door(try Self.plan(addresses: 4))
        for _ in 0..<4 { #expect(claim(&door, request(ticket: "forged")) == 401) }
        #expect(claim(&door, request(ticket: "forged")) == 429)
        #expect(claim(&door, request()) == 429)
        #expect(claim(&door, request(address: "192.0.2.2")) == 0)
        // A /64 is one subscriber.
        for low in 1...4 { #expect(claim(&door, request(address: "2001:db8::\(low)")) == 0) }
        #expect(claim(&door, request(address: "2001:db8::5")) == 429)
    }

    @Test("addresses without a limit, and those behind a proxy")
    func exceptions() throws {
        var free = Self.door(try Self.plan(addresses: 1, unlimited: try NetworkList(["192.0.2.0/24"])))
        for _ in 0..<5 { #expect(claim(&free, request()) == 0) }
        var behind = Self.door(
            try Self.plan(addresses: 1, unlimited: .local, proxies: try NetworkList(["10.0.0.0/8"])))
        for host in 1...5 {
            #expect(claim(&behind, request(address: "10.0.0.1", forwarded: "203.0.113.\(host)")) == 0)
        }
        #expect(claim(&behind, request(address: "10.0.0.1", forwarded: "9.9.9.9, 203.0.113.5")) == 429)
        // What a client behind no proxy says of itself is nothing.
        #expect(claim(&behind, request(address: "203.0.113.5", forwarded: "203.0.113.77")) == 429)
    }

    @Test("promise 10: exchanged keys count from the next request on")
    func rotation() throws {
        var door = Self.door(try Self.plan())
        #expect(claim(&door, request()) == 0)
        let next = TicketKey(id: "k2", algorithm: .hs256, material: Array(repeating: 8, count: 32))
        door.adopt(try TicketVerifier(keys: [next], audience: "hongbao"))
        #expect(claim(&door, request()) == 401)
        let token = try TicketSigner(key: next).sign(
            user: ClaimFixture.user, audience: "hongbao", issuedAtS: 0, expiresAtS: nowMs / 1000 + 60)
        #expect(claim(&door, request(ticket: token)) == 0)
        door.adopt(try CouponCodec(campaign: "test", keys: [2: Array(repeating: 9, count: 32)]))
        #expect(claim(&door, request(ticket: token)) == 403)
    }

    @Test(
        "settings that will not do name themselves",
        arguments: [
            ("limits: {claims: 0}", "limits.claims"),
            ("limits: {addresses_window: 1500ms}", "limits.addresses_window"),
            ("limits: {people: 5}", "limits.people"),
            ("limits: {unlimited_networks: [10.0.0.1/8]}", "10.0.0.1/8"),
            ("http: {trusted_proxies: [example.org]}", "http.trusted_proxies"),
        ])
    func faults(_ yaml: String, _ part: String) throws {
        let fault = #expect(throws: SettingsFault.self) { _ = try FrontLimits(Settings(yaml: yaml)) }
        #expect(fault?.description.contains(part) == true)
    }

    @Test("settings, and what holds without them")
    func settings() throws {
        let some = try FrontLimits(
            Settings(
                yaml:
                    "limits: {claims: 5, claims_window: 2s, unlimited_networks: []}\n"
                    + "http: {trusted_proxies: [\"::1\"]}"
            ))
        #expect(some.claims.limit == (try PersonLimit(quota: 5, windowS: 2)))
        #expect(some.unlimited.isEmpty && !some.proxies.isEmpty)
        let none = try FrontLimits(Settings(yaml: ""))
        #expect(none.unlimited == .local && none.proxies.isEmpty && none.slots == 65_536)
    }
}
