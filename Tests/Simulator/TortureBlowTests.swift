import Foundation
import Stack
import Synchronization
import Testing

@testable import Simulator

@Suite("The torture's blows")
struct TortureBlowTests {
    private final class Redis: Sendable {
        let isBack = Atomic(false)
        let waiting = Atomic(0)
    }

    @Test("of what verify says only the rows that are not 0 are complaints")
    func complaints() {
        let rows = """
            gift       of  stock  issued  left  difference
            pack-0  packs   3300     251  3049           0
            claims without a state                                  0
            \(TortureReconciler.endsOnlyInKafka)        2
            untold: 0AW2JR80400KM 0AW2JR80C00EZ
            2500 orders, 2500 coupons bound, 0 in the outbox, epoch 1: the stores disagree
            """
        #expect(TortureReconciler.complaints(rows) == [TortureReconciler.endsOnlyInKafka])
        let stock = rows.replacingOccurrences(of: "3049           0", with: "3048          -1")
        #expect(TortureReconciler.complaints(stock).first == "pack-0 packs 3300 251 3048")
        #expect(TortureReconciler.complaints("claims without a state   0").isEmpty)
    }

    @Test("however many wait, the one that they wait for gets through")
    func noQueue() async throws {
        let waiting = 4 * ProcessInfo.processInfo.activeProcessorCount
        let redis = Redis()
        let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<waiting {
                group.addTask {
                    try await Torture.blocking {
                        redis.waiting.add(1, ordering: .relaxed)
                        return try Deadline(after: .seconds(60)).poll {
                            redis.isBack.load(ordering: .relaxed)
                        }
                    }
                }
            }
            group.addTask {
                try await Torture.blocking {
                    let all = try Deadline(after: .seconds(60)).poll {
                        redis.waiting.load(ordering: .relaxed) == waiting
                    }
                    redis.isBack.store(true, ordering: .relaxed)
                    return all
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == waiting + 1 && answers.allSatisfy { $0 })
    }
}
