import Catalog
import Orders
import Profiles
import Testing

@testable import Simulator

@Suite struct CrowdPlanTests {
    private let nowMs: Int64 = 1_790_000_000_000  // within the campaign

    private func draw(_ plan: CrowdPlan) throws -> (RoleWorld, [Person]) {
        let world = RoleWorld(seed: plan.seed, catalog: try FestivalCatalog.load())
        return (world, try plan.draw(world, nowMs: nowMs))
    }

    @Test func theSameSeedDrawsTheSamePeople() throws {
        let plan = CrowdPlan(people: 600, validClaims: 400, seed: 4)
        #expect(try draw(plan).1 == draw(plan).1)
        #expect(try draw(plan).1 != draw(CrowdPlan(people: 600, validClaims: 400, seed: 5)).1)
    }

    @Test func theDemosCrowdHasExactlyItsValidClaims() throws {
        let (world, people) = try draw(CrowdPlan(people: 30_000, validClaims: 20_000, seed: 1))
        #expect(people.count == 30_000)
        #expect(people.count(where: \.part.isValid) == 20_000)
        #expect(Set(people.map(\.user)).count == 30_000)
        #expect(Set(people.map(\.couponSerial)).count == 30_000)
        for gift in CrowdPlan.contested(world.catalog) {
            #expect(people.count { $0.part == .contends(gift: gift.slot) } == gift.stock * 3)
        }
        for (part, _) in PersonPart.refusedShares { #expect(people.contains { $0.part == part }) }
        let slow = people.count { !$0.isPreloaded }
        #expect((1200...1800).contains(slow))
    }

    @Test("promise 8: whoever comes with a valid claim may have a pack, by the services' own rule")
    func validClaimersAreEligible() throws {
        let (world, people) = try draw(CrowdPlan(people: 1000, validClaims: 700, seed: 3))
        for person in people where person.part.isValid {
            let profile = world.profile(of: person.user, fetchedAtS: 0)
            #expect(
                world.catalog.gifts.contains {
                    Eligibility.check(gift: $0, profile: profile, catalog: world.catalog, nowMs: nowMs)
                        == .yes
                })
        }
    }

    @Test func tooFewEligiblePeopleAreAShortage() {
        #expect(throws: CrowdPlan.Shortage.self) {
            try draw(CrowdPlan(people: 100, validClaims: 100, seed: 3))
        }
    }
}
