import Foundation
import Glibc
import Stack

/// Processor time of a process by the names of its threads (`/proc/<pid>/task`, proc(5)), in seconds.
package struct ThreadTimes: Sendable, Equatable {
    /// Threads of the same name together.
    package private(set) var seconds: [String: Double] = [:]

    package init(seconds: [String: Double]) {
        self.seconds = seconds
    }

    package static func of(pid: Int32) throws(StackFailure) -> ThreadTimes {
        let directory = "/proc/\(pid)/task"
        guard let tasks = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw StackFailure("process \(pid) cannot be read in /proc")
        }
        var times = ThreadTimes(seconds: [:])
        let ticksASecond = sysconf(Int32(_SC_CLK_TCK))
        for task in tasks {
            // A thread may have ended since the listing.
            guard let stat = try? String(contentsOfFile: "\(directory)/\(task)/stat", encoding: .utf8),
                let time = ProcessTime(stat: stat, ticksASecond: ticksASecond),
                let name = name(stat: stat)
            else { continue }
            times.seconds[name, default: 0] += time.seconds
        }
        return times
    }

    /// What each name used since an earlier look, the most first; what did nothing is left out.
    package func since(_ earlier: ThreadTimes) -> [(name: String, seconds: Double)] {
        seconds.map { ($0.key, $0.value - (earlier.seconds[$0.key] ?? 0)) }
            .filter { $0.1 > 0 }
            .sorted { ($0.1, $1.0) > ($1.1, $0.0) }
    }

    /// The second field, in parentheses, which may themselves stand in the name.
    static func name(stat: String) -> String? {
        guard let start = stat.firstIndex(of: "("), let end = stat.lastIndex(of: ")"), start < end else {
            return nil
        }
        return String(stat[stat.index(after: start)..<end])
    }
}
