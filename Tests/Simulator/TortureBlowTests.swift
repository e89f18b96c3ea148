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
