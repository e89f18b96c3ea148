import Testing

@testable import Simulator

@Suite struct DeliverFaultTests {
    private func scale(_ seed: UInt64, seconds: Int = 60) -> DeliverScale {
        DeliverScale(orders: 1000, seconds: seconds, deliverers: 3, lossy: 3, seed: seed)
    }

    @Test func theSeedFixesEveryBlow() {
        #expect(DeliverFault.schedule(scale(5)) == DeliverFault.schedule(scale(5)))
        #expect(DeliverFault.schedule(scale(5)) != DeliverFault.schedule(scale(6)))
    }

    @Test(arguments: [1, 6, 60]) func everyTroubleFallsAndBlowsComeInTheirOrder(seconds: Int) {
        for seed in 1...20 {
            let faults = DeliverFault.schedule(scale(UInt64(seed), seconds: seconds))
            #expect(faults.map(\.atDelivery) == faults.map(\.atDelivery).sorted())
            #expect(faults.allSatisfy { (0..<1000).contains($0.atDelivery) })
            let troubles = faults.compactMap { fault in
                if case .game(_, let trouble) = fault.kind { trouble } else { nil }
            }
            #expect(Set(troubles) == Set(DeliverFault.Trouble.allCases))
            #expect(Set(faults.filter(\.isLossy).map(\.kind)) == Set(DeliverFault.lossy))
        }
    }

    @Test func blowsAtTheStoresFallOneAfterTheOther() {
        for fault in DeliverFault.schedule(scale(9)) {
            switch fault.kind {
            case .game, .killDeliverer, .stopDeliverer, .removeDeliverer: #expect(fault.lane == .free)
            case .limit: #expect(fault.lane == .limits)
            default: #expect(fault.lane == .stores)
            }
        }
    }
}
