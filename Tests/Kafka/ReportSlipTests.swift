import Testing
import Wire

@testable import Kafka

@Suite struct ReportSlipTests {
    @Test func survivesTheOpaquePointer() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<1000 {
            let slip = ReportSlip(
                reporter: Int.random(in: 0..<ReportSlip.maxReporters, using: &random),
                token: random.next() >> 16)
            #expect(ReportSlip(opaque: slip.opaque) == slip)
        }
    }

    @Test func theSmallestIsANullPointer() {
        let slip = ReportSlip(reporter: 0, token: 0)
        #expect(slip.opaque == nil)
        #expect(ReportSlip(opaque: nil) == slip)
    }
}
