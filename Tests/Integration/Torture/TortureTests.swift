import Stack
import Testing

@testable import Simulator

@Suite("Torture", .serialized)
struct TortureTests {
    @Test("promises 1, 2, 5, 9: kills, stops, cuts and losses leave orders = packs, and no promise broken")
    func small() async throws {
        let run = try RunDirectory.claimUnique(prefix: "torture-test")
        // Always the same blows: other seeds are `make torture-claim`'s.
        let scale = TortureScale(attempts: 4000, people: 1000, packs: 500, seed: 20260)
        let result = try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await Torture.run(
                Torture.Options(scale: scale, lossy: 3, mild: 9), in: run, keepingFiles: false
            ) { print($0) }
        }
        let text = "seed \(scale.seed)\n\(TortureReport.text(result, .plain))"
        #expect(result.isClean, "\(text)")
        #expect(result.notes.promisedOrders == scale.packs, "\(text)")
    }
}
