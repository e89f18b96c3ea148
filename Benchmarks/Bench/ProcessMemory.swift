import Foundation
import Stack

/// Memory of a process, in bytes, from `/proc/<pid>/smaps_rollup` (proc(5)).
package struct ProcessMemory: Sendable, Equatable {
    /// Resident: all its pages that are in memory.
    package var resident: Int
    /// Proportional: a page shared with others counts in part.
    package var proportional: Int

    /// Reads the file's text; nil where it is none.
    package init?(rollup: String) {
        var found: [Substring: Int] = [:]
        for line in rollup.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB", let kibibytes = Int(words[1]) else { continue }
            found[words[0]] = kibibytes * 1024
        }
        guard let resident = found["Rss:"], let proportional = found["Pss:"] else { return nil }
        self.resident = resident
        self.proportional = proportional
    }

    package static func of(pid: Int32) throws(StackFailure) -> ProcessMemory {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8),
            let memory = ProcessMemory(rollup: text)
        else { throw StackFailure("the memory of process \(pid) cannot be read") }
        return memory
    }
}
