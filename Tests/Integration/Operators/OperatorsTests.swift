import Orders
import Stack
import Testing
import Wire

@Suite("Operators and held orders", .serialized)
struct OperatorsTests {
    private static let always = #""hold": "always""#

    @Test("a held order waits; approved, it goes to its game once; the act stands in the control topic")
    func approve() async throws {
        try await ClaimHouse.with(edits: ClaimHouse.approvals(Self.always)) { house in
            let claim = await house.crowd.claimUntilFinal(user: 1, serial: 1)
            #expect(claim.status == 202 && claim.state == "held")
            let order = try #require(claim.order)
            #expect(await house.crowd.claim(user: 1, serial: 1).state == "held")
            #expect(try house.produced().isEmpty)
            let page = try house.heldPage()
            #expect(page.count == 1 && page.first?["order"] == .string(order))
            #expect(page.first?["needed"] == .integer(1) && page.first?["risk"] == .array([]))

            let answer = try house.act("tester", "held/\(order)/approve")
            #expect(answer.status == 200 && answer["state"] == "queued", "\(answer)")
            #expect(try house.produced().map(\.id.text) == [order])
            #expect(try house.heldPage().isEmpty)
            let again = try house.act("tester", "held/\(order)/refuse")
            #expect(again.status == 409 && again.problem == "not-held" && again["state"] == "queued")
            let acts = try house.acts()
            guard case .approval(let id, .approved, "tester", "looked at", _)? = acts.first, acts.count == 1
            else {
                Issue.record("\(acts)")
                return
            }
            #expect(id.text == order)
        }
    }

    @Test("promise 5: a refused order's pack is sold to somebody else; its own coupon stays spent")
    func refuse() async throws {
        // Sold out is remembered for longer than the test would wait: only being told brings it back.
        try await ClaimHouse.with(
            limits: ["sold_out_memory: 300s"], edits: ClaimHouse.approvals(Self.always, stock: 1)
        ) { house in
            let crowd = house.crowd
            let first = await crowd.claimUntilFinal(user: 1, serial: 1, gift: "scarce")
            #expect(first.status == 202)
            #expect(await crowd.claimUntilFinal(user: 2, serial: 2, gift: "scarce").problem == "sold-out")
            let answer = try house.act("tester", "held/\(try #require(first.order))/refuse")
            #expect(answer.status == 200 && answer["state"] == "voided", "\(answer)")
            let isSold = try await eventually {
                await crowd.claim(user: 2, serial: 2, gift: "scarce").status == 202
            }
            #expect(isSold)
            let repeated = await crowd.claim(user: 1, serial: 1, gift: "scarce")
            #expect(repeated.status == 200 && repeated.state == "voided" && repeated.order == first.order)
            #expect(await crowd.claimUntilFinal(user: 3, serial: 3, gift: "scarce").problem == "sold-out")
        }
    }

    @Test("two persons from a value on: the first alone releases nothing, and cannot be the second")
    func twoPersons() async throws {
        let rules = Self.always + #", "twoPersonsFrom": 100"#
        try await ClaimHouse.with(edits: ClaimHouse.approvals(rules)) { house in
            let claim = await house.crowd.claimUntilFinal(user: 1, serial: 1, gift: "scarce")
            let order = try #require(claim.order)
            let first = try house.act("ada", "held/\(order)/approve")
            #expect(first.status == 202 && first["state"] == "held", "\(first)")
            #expect(try house.heldPage().first?["first_approver"] == .string("ada"))
            #expect(try house.act("ada", "held/\(order)/approve").problem == "same-operator")
            #expect(try house.produced().isEmpty)
            let second = try house.act("bob", "held/\(order)/approve")
            #expect(second.status == 200 && second["state"] == "queued", "\(second)")
            #expect(try house.produced().map(\.id.text) == [order])
            #expect(try house.acts().count == 2)
            // What is worth less needs one.
            let cheap = await house.crowd.claimUntilFinal(user: 2, serial: 2)
            #expect(try house.act("ada", "held/\(try #require(cheap.order))/approve").status == 200)
        }
    }

    @Test("an operator's cap of the day: one more is refused and leaves no trace; another operator may")
    func cap() async throws {
        let rules = Self.always + #", "capPerOperatorPerDay": 2"#
        try await ClaimHouse.with(edits: ClaimHouse.approvals(rules)) { house in
            var orders = [String]()
            for user in 1...3 as ClosedRange<UInt64> {
                orders.append(
                    try #require(await house.crowd.claimUntilFinal(user: user, serial: user).order))
            }
            #expect(try house.act("ada", "held/\(orders[0])/approve").status == 200)
            #expect(try house.act("ada", "held/\(orders[1])/approve").status == 200)
            let over = try house.act("ada", "held/\(orders[2])/approve")
            #expect(over.status == 429 && over.problem == "cap-reached" && over.retryAfter != nil)
            #expect(try house.acts().count == 2 && house.heldPage().count == 1)
            // Refusing gives nothing away.
            #expect(try house.act("ada", "held/\(orders[2])/refuse").status == 200)
            let last = await house.crowd.claimUntilFinal(user: 4, serial: 4)
            #expect(try house.act("bob", "held/\(try #require(last.order))/approve").status == 200)
        }
    }

    @Test("what is not written down is not done: Kafka away, 503, and the order still waits, over a kill too")
    func notWritten() async throws {
        try await ClaimHouse.with(edits: ClaimHouse.approvals(Self.always)) { house in
            let order = try #require(await house.crowd.claimUntilFinal(user: 1, serial: 1).order)
            try house.broker("down")
            let answer = try house.act("tester", "held/\(order)/approve")
            #expect(answer.status == 503 && answer.retryAfter != nil, "\(answer)")
            #expect(await house.crowd.claim(user: 1, serial: 1).state == "held")
            house.killClaim()
            try house.broker("up")
            try house.startClaim()
            #expect(try house.heldPage().count == 1)
            #expect(try house.act("tester", "held/\(order)/approve").status == 200)
            #expect(Set(try house.produced().map(\.id.text)) == [order])
        }
    }

    @Test("promise 10: no act without a key; every answer is precise")
    func precise() async throws {
        try await ClaimHouse.with(edits: ClaimHouse.approvals(Self.always)) { house in
            let order = try #require(await house.crowd.claimUntilFinal(user: 1, serial: 1).order)
            #expect(try house.act(nil, "held/\(order)/approve").status == 401)
            #expect(try house.act("mallory", "held/\(order)/approve").status == 401)
            let bodies = ["{}": "reason", #"{"reason":" "}"#: "reason", #"{"reason":"a","b":1}"#: "b"]
            for (body, field) in bodies {
                let answer = try house.act("tester", "held/\(order)/approve", body)
                #expect(answer.status == 400 && answer["field"] == field, "\(answer)")
            }
            let noID = try house.act("tester", "held/123/approve")
            #expect(noID.status == 400 && noID["field"] == "order")
            let other = OrderID(lane: 9, shard: 1, sequence: 9).text
            #expect(try house.act("tester", "held/\(other)/approve").problem == "no-such-order")
            let beyond = OrderID(lane: 9, shard: 1000, sequence: 9).text
            #expect(try house.act("tester", "held/\(beyond)/refuse").status == 404)
            #expect(try house.acts().isEmpty && house.heldPage().count == 1)
        }
    }

    @Test("suspicious only: what no rule speaks against goes on; what one does is held, with the rule's name")
    func suspicious() async throws {
        let rules = #""hold": "suspicious", "claimsPerAddress": 2"#
        try await ClaimHouse.with(edits: ClaimHouse.approvals(rules)) { house in
            let crowd = house.crowd
            #expect(await crowd.claimUntilFinal(user: 1, serial: 1).state == "queued")
            // A repeat is no further claim of the address.
            for _ in 0..<3 { #expect(await crowd.claim(user: 1, serial: 1).status == 200) }
            #expect(await crowd.claimUntilFinal(user: 2, serial: 2).state == "queued")
            let third = await crowd.claimUntilFinal(user: 3, serial: 3)
            #expect(third.status == 202 && third.state == "held")
            let page = try house.heldPage()
            #expect(page.count == 1 && page.first?["risk"] == .array([.string("address")]))
            #expect(try house.produced().count == 2)
        }
    }
}
