import Dispatch
import Foundation
import Synchronization

/// Threads for tasks that block: whoever starts servers, waits for processes or asks over blocking sockets
/// would hold up everybody else on Swift's own threads, of which there is one a core.
///
/// Used with `withTaskExecutorPreference(BlockingThreads.shared)`. Jobs start in the order in which they
/// came; beyond ``count`` that block at the same time they wait.
package final class BlockingThreads: TaskExecutor {
    package static let count = 24
    package static let shared = BlockingThreads()

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    private init() {
        for number in 0..<Self.count {
            let thread = Thread { [self] in
                while true { runNext() }
            }
            thread.name = "blocking-\(number)"
            thread.start()
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }

    private func runNext() {
        waiting.wait()
        // One signal a job: there is one.
        let job = jobs.withLock { $0.removeFirst() }
        job.runSynchronously(on: asUnownedTaskExecutor())
    }
}
