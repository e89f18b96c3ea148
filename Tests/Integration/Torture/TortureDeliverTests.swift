import Stack
import Testing

@testable import Simulator

@Suite("Delivery torture", .serialized)
struct TortureDeliverTests {
    @Test("promises 3, 4, 6, 9: whatever is struck, each order is granted once or stands in a class")
    func small() async throws {
        let run = try RunDirectory.claimUnique(prefix: "torture-deliver-test")
        // Always the same blows: other seeds are `make torture-deliver`'s.
        let scale = DeliverScale(orders: 2500, seconds: 6, deliverers: 1, lossy: 1, seed: 20260)
        let result = try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await TortureDeliver.run(
                TortureDeliver.Options(scale: scale), in: run, keepingFiles: false
            ) { print($0) }
        }
        let text = "seed \(scale.seed)\n\(DeliverReport.text(result, .plain))"
        #expect(result.isClean, "\(text)")
    }
}
