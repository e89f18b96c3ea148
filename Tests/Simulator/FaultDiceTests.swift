import Orders
import Testing
import Wire

@testable import Simulator

@Suite struct FaultDiceTests {
    private func faults(_ change: (inout GameFaults) -> Void) -> GameFaults {
        var faults = GameFaults()
        change(&faults)
        return faults
    }

    @Test func theSameSeedThrowsTheSame() {
        let faults = faults { ($0.errorRatio, $0.dropRatio, $0.throttleRatio) = (0.2, 0.2, 0.2) }
        var one = FaultDice(seed: 5, game: 3)
        var two = FaultDice(seed: 5, game: 3)
        var other = FaultDice(seed: 5, game: 4)
        let throwsOfOne = (0..<200).map { _ in one.roll(faults).throw }
        #expect(throwsOfOne == (0..<200).map { _ in two.roll(faults).throw })
        #expect(throwsOfOne != (0..<200).map { _ in other.roll(faults).throw })
    }

    @Test func ratiosAreKept() {
        let faults = faults { ($0.errorRatio, $0.dropRatio) = (0.1, 0.05) }
        var dice = FaultDice(seed: 11, game: 0)
        let all = (0..<20_000).map { _ in dice.roll(faults).throw }
        let errors = all.count { if case .error = $0 { true } else { false } }
        #expect((1800...2200).contains(errors))
        #expect((800...1100).contains(all.count { $0 == .dropped }))
        #expect(!all.contains(.throttled))
    }

    @Test func withoutRatiosNothingGoesWrongAndLatencyStaysWithinItsRange() {
        let faults = faults { $0.latencyMs = 3...7 }
        var dice = FaultDice(seed: 1, game: 0)
        for _ in 0..<1000 {
            let (fate, latencyMs) = dice.roll(faults)
            #expect(fate == .fair)
            #expect((3...7).contains(latencyMs))
        }
    }

    @Test func anOrderIsRejectedAlwaysOrNever() {
        let faults = faults { $0.rejectRatio = 0.1 }
        let dice = FaultDice(seed: 1, game: 0)
        let orders = (0..<5000).map { OrderID(lane: 7, shard: 3, sequence: $0) }
        let rejected = orders.filter { dice.rejects($0, faults) }
        #expect((400...600).contains(rejected.count))
        #expect(rejected == orders.filter { dice.rejects($0, faults) })
        #expect(!orders.contains { dice.rejects($0, GameFaults()) })
    }

    @Test func aChangeTouchesOnlyWhatItNames() throws {
        var faults = faults { $0.errorRatio = 0.5 }
        let acts = try faults.change(
            JSON.parse(
                Array(#"{"drop_ratio":0.25,"latency_ms":[1,9],"hang_ms":5000}"#.utf8), limits: .request))
        #expect(acts.hangMs == 5000 && acts.refuseMs == nil)
        #expect(faults.errorRatio == 0.5 && faults.dropRatio == 0.25 && faults.latencyMs == 1...9)
    }

    @Test(arguments: [
        #"{"error_ratio":1.5}"#, #"{"latency_ms":[9,1]}"#, #"{"latency_ms":[1]}"#, #"{"hang_ms":-1}"#,
        #"{"unknown":1}"#, "[]",
    ])
    func aBadChangeChangesNothing(_ text: String) throws {
        var faults = GameFaults()
        let json = try JSON.parse(Array(text.utf8), limits: .request)
        #expect(throws: JSONError.self) { _ = try faults.change(json) }
        #expect(faults == GameFaults())
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let faults = faults { ($0.errorRatio, $0.throttleRatio, $0.retryAfterS) = (0.01, 0.25, 7) }
        var json = JSONWriter()
        faults.write(hangLeftMs: 12, into: &json)
        var copy = GameFaults()
        #expect(try copy.change(JSON.parse(json.bytes, limits: .request)).hangMs == 12)
        #expect(copy == faults)
    }
}
