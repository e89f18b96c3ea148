import Foundation
import Glibc
import Stack

/// Processor time that a process has used since its start, over all its threads (proc(5)).
package struct ProcessTime: Sendable, Equatable {
    /// User and system time, in seconds; the kernel counts in hundredths.
    package var seconds: Double

    /// Reads the text of `/proc/<pid>/stat`; nil where it is none.
    ///
    /// - Parameter ticksASecond: `sysconf(_SC_CLK_TCK)`.
    package init?(stat: String, ticksASecond: Int) {
        // The second field is the program's name in parentheses and may hold anything, even ")".
        guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        // utime and stime are fields 14 and 15; what follows the name begins with field 3.
        guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12]) else {
            return nil
        }
        seconds = Double(user + system) / Double(ticksASecond)
    }

    package static func of(pid: Int32) throws(StackFailure) -> ProcessTime {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let time = ProcessTime(stat: stat, ticksASecond: sysconf(Int32(_SC_CLK_TCK)))
        else { throw StackFailure("process \(pid) cannot be read in /proc") }
        return time
    }
}

/// How busy a process is between two looks at it.
package struct ProcessWatch: Sendable {
    private let pid: Int32
    private let startedAt: ContinuousClock.Instant
    private let startTime: ProcessTime

    /// The first look.
    package init(pid: Int32) throws(StackFailure) {
        self.pid = pid
        startTime = try .of(pid: pid)
        startedAt = .now
    }

    /// The second look: processor seconds since the first.
    package func used() throws(StackFailure) -> Double {
        try ProcessTime.of(pid: pid).seconds - startTime.seconds
    }

    /// The second look: the share of one core used since the first, 1 = one core wholly.
    package func busy() throws(StackFailure) -> Double {
        let seconds = (ContinuousClock.now - startedAt) / .seconds(1)
        return try used() / seconds
    }
}
