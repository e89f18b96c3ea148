import Catalog
import Testing
import Wire

@Suite("Phases, quotas, approval and amounts")
struct RulesTests {
    @Test("what the files say comes through")
    func values() throws {
        let catalog = try CatalogFixture().load()
        let campaign = catalog.campaign
        #expect(campaign.settlesAtMs == 1_769_990_400_000)
        #expect(
            campaign.quotas
                == Quotas(perPerson: 50, perPersonGift: 2, perPersonDay: 5, dayOffsetMinutes: 480))
        #expect(
            campaign.approval
                == ApprovalRules(
                    hold: .suspicious, claimsPerDevice: 5, claimsPerAddress: 20, minAccountAgeDays: 30,
                    twoPersonsFrom: 1000, capPerOperatorPerDay: 100))
        #expect(catalog.gifts[0].value == 88)
        #expect(catalog.gifts[0].amount == AmountRule(total: 1000, draw: .doubleAverage))
        #expect(catalog.gifts[1].value == 0 && catalog.gifts[1].amount == nil)
    }

    @Test("what is left out: settled as soon as it closes, no quotas, nothing held, fixed packs")
    func standards() throws {
        var fixture = try CatalogFixture()
        for key in ["settlesAt", "quotas", "approval"] { fixture.campaign = fixture.campaign.with(key, nil) }
        let catalog = try fixture.load()
        #expect(catalog.campaign.settlesAtMs == catalog.campaign.closesAtMs)
        #expect(catalog.campaign.quotas == .none && catalog.campaign.quotas.isEmpty)
        #expect(catalog.campaign.approval == nil)
    }

    @Test(
        "a section in which nothing takes effect is a fault",
        arguments: [
            ("quotas", "{\"dayOffsetMinutes\": 480}", "one of perPerson, perPersonGift, perPersonDay"),
            ("approval", "{\"hold\": \"suspicious\", \"twoPersonsFrom\": 1}", "nothing is ever held"),
        ])
    func inert(_ key: String, _ text: String, _ reason: String) throws {
        var fixture = try CatalogFixture()
        fixture.campaign = fixture.campaign.with(key, try CatalogFixture.parse(text))
        let faults = fixture.faults()
        #expect(faults.map(\.path) == [key])
        #expect(faults.first?.reason.contains(reason) == true)
    }

    @Test("always needs no rule beside it")
    func always() throws {
        var fixture = try CatalogFixture()
        fixture.campaign = fixture.campaign.with(
            "approval", try CatalogFixture.parse("{\"hold\":\"always\"}"))
        #expect(try fixture.load().campaign.approval == ApprovalRules(hold: .always))
    }

    @Test("each phase begins at its time")
    func phases() throws {
        let campaign = try CatalogFixture().load().campaign
        let begins: [(Int64, Phase, Phase)] = [
            (campaign.opensAtMs, .notYet, .open), (campaign.closesAtMs, .open, .closing),
            (campaign.settlesAtMs, .closing, .settle), (campaign.endsAtMs, .settle, .over),
        ]
        for (at, before, after) in begins {
            #expect(campaign.phase(at - 1) == before)
            #expect(campaign.phase(at) == after)
        }
    }

    @Test("two persons from the threshold on")
    func twoPersons() throws {
        let gift = try CatalogFixture().load().gifts[0]
        #expect(ApprovalRules(hold: .always, twoPersonsFrom: 88).approvals(of: gift) == 2)
        #expect(ApprovalRules(hold: .always, twoPersonsFrom: 89).approvals(of: gift) == 1)
        #expect(ApprovalRules(hold: .always).approvals(of: gift) == 1)
    }

    @Test("a split beforehand has a maximum of packs, for it is held in Redis whole")
    func presplitStock() throws {
        var fixture = try CatalogFixture()
        fixture.gifts = fixture.gifts.with("gifts.0.amount.draw", .string("presplit"))
            .with("gifts.0.amount.total", .integer(4_000_000_000))
            .with("gifts.0.stock", .integer(Int64(CatalogLimits.presplitStock)))
        #expect(try fixture.load().gifts[0].amount?.draw == .presplit)
        fixture.gifts = fixture.gifts.with(
            "gifts.0.stock", .integer(Int64(CatalogLimits.presplitStock) + 1))
        #expect(fixture.faults().map(\.path) == ["gifts[0].amount.draw"])
    }
}
