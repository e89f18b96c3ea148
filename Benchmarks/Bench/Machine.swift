import Foundation
import Stack

/// What the figures were measured on: no ratio means anything without it.
package struct Machine: Sendable {
    package var processor: String
    package var cores: Int
    package var memoryBytes: UInt64
    package var kernel: String
    /// How TCP decides what to send; some ways are dearer on loopback than others.
    package var congestionControl: String
    /// Programs and what they call their version.
    package var programs: [(name: String, version: String)] = []

    /// Looks at this machine.
    package static func here() -> Machine {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return Machine(
            processor: processor(cpuinfo: info), cores: ProcessInfo.processInfo.processorCount,
            memoryBytes: ProcessInfo.processInfo.physicalMemory,
            kernel: setting("kernel/osrelease"),
            congestionControl: setting("net/ipv4/tcp_congestion_control"))
    }

    private static func setting(_ name: String) -> String {
        let text = (try? String(contentsOfFile: "/proc/sys/\(name)", encoding: .utf8)) ?? "?"
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func processor(cpuinfo: String) -> String {
        let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
        let value = line?.split(separator: ":", maxSplits: 1).last.map(String.init)
        return value?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
    }

    /// Runs the program and keeps the first line that it says of its version; what cannot be run is left out.
    ///
    /// - Parameter accepted: `wrk -v` ends with an error code after it has said what was wanted.
    package mutating func ask(
        _ name: String, _ arguments: [String], in run: RunDirectory
    ) {
        guard let path = try? ServiceProgram.locateInPath(name),
            let child = try? ChildProcess(
                name: "version-\(name)", executable: path, arguments: arguments, in: run),
            child.waitForExit(within: .seconds(20)) != nil
        else { return }
        let said = child.logTail(lines: 50).split(separator: "\n").first.map(String.init) ?? ""
        programs.append((name, said))
    }

    package var text: String {
        let gibibytes = Double(memoryBytes) / Double(1 << 30)
        let head =
            "\(processor), \(cores) cores, \(Figure.text(gibibytes)) GiB, Linux \(kernel), "
            + "TCP \(congestionControl)"
        return ([head] + programs.map { "\($0.name): \($0.version)" }).joined(separator: "\n")
    }
}
