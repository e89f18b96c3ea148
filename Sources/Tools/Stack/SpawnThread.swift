import CLinux
import Foundation
import Glibc
import Synchronization

/// The one thread that forks all children of this process.
///
/// A child asks the kernel for SIGKILL when its parent ends, and the kernel takes "parent" for the
/// thread that forked. Threads of a pool end when they are idle; this one lives as long as the
/// process, so that the children die with the process and not before.
final class SpawnThread: Sendable {
    static let shared = SpawnThread()

    /// What to start, as `hb_spawn` takes it.
    struct Request: Sendable {
        var executable: String
        var arguments: [String]
        var environment: [String: String]
        var directory: String?
        var output: String?
        /// Of this process; 3, 4, … in the child.
        var descriptors: [Int32] = []
    }

    private struct Job: Sendable {
        var request: Request
        var answer: Answer
    }

    /// One result, handed from the spawning thread to the one that waits for it.
    private final class Answer: Sendable {
        private let ready = DispatchSemaphore(value: 0)
        private let result = Mutex<Result<Int32, StackFailure>?>(nil)

        func give(_ value: Result<Int32, StackFailure>) {
            result.withLock { $0 = value }
            ready.signal()
        }

        func take() -> Result<Int32, StackFailure> {
            ready.wait()
            return result.withLock { $0! }
        }
    }

    private let jobs = Mutex<[Job]>([])
    private let pending = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                pending.wait()
                let job = jobs.withLock { $0.removeFirst() }
                job.answer.give(Self.fork(job.request))
            }
        }
        thread.name = "spawn"
        thread.start()
    }

    /// Starts the program and returns its process number. Blocks until exec has gone through or failed.
    func spawn(_ request: Request) throws(StackFailure) -> Int32 {
        let job = Job(request: request, answer: Answer())
        jobs.withLock { $0.append(job) }
        pending.signal()
        return try job.answer.take().get()
    }

    /// Forks on the calling thread, with which the child will end.
    static func fork(_ request: Request) -> Result<Int32, StackFailure> {
        let arguments = cStrings([request.executable] + request.arguments)
        let environment = cStrings(request.environment.map { "\($0.key)=\($0.value)" }.sorted())
        let executable = strdup(request.executable)
        let directory = request.directory.map { strdup($0) } ?? nil
        let output = request.output.map { strdup($0) } ?? nil
        defer {
            for string in arguments + environment + [executable, directory, output] { free(string) }
        }
        var pid: pid_t = 0
        let failure = arguments.withUnsafeBufferPointer { arguments in
            environment.withUnsafeBufferPointer { environment in
                request.descriptors.withUnsafeBufferPointer { descriptors in
                    var call = hb_spawn_request(
                        path: executable, arguments: arguments.baseAddress,
                        environment: environment.baseAddress, directory: directory, output: output,
                        descriptors: descriptors.baseAddress, descriptor_count: Int32(descriptors.count))
                    return hb_spawn(&call, &pid)
                }
            }
        }
        guard failure == 0 else {
            return .failure(StackFailure("cannot start \(request.executable)", errno: failure))
        }
        return .success(pid)
    }

    /// Copies for C, with the closing NULL; the caller frees them.
    private static func cStrings(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
        strings.map { strdup($0) } + [nil]
    }
}
