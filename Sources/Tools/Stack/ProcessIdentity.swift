import CLinux
import Foundation
import Glibc

/// One process for good: its number alone may be another's tomorrow.
///
/// The kernel's start time (field 22 of /proc/<pid>/stat, proc(5)) tells two holders of one number
/// apart while the machine is up, and the boot's id beyond that.
package struct ProcessIdentity: Sendable, Equatable {
    package var pid: Int32
    /// Clock ticks from boot to the start of the process.
    package var startTicks: UInt64
    /// The kernel's id of this boot of the machine.
    package var boot: String

    package init(pid: Int32, startTicks: UInt64, boot: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.boot = boot
    }

    /// The process that has this number now; nil when none has.
    package init?(of pid: Int32) {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            // The second field is the program's name in parentheses and may hold anything, even ")".
            let nameEnd = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { return nil }
        self.init(
            pid: pid, startTicks: ticks, boot: boot.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Reads what `text` wrote; nil for anything else.
    package init?(text: String) {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 3, let pid = Int32(parts[0]), pid > 1, let ticks = UInt64(parts[1]) else {
            return nil
        }
        self.init(pid: pid, startTicks: ticks, boot: String(parts[2]))
    }

    /// The content of a pid file.
    package var text: String { "\(pid) \(startTicks) \(boot)\n" }

    /// Whether this very process is there; a zombie is.
    package var isRunning: Bool { ProcessIdentity(of: pid) == self }

    /// Kills this very process, with its group if it leads one, and waits until it is gone; does nothing
    /// to another process with its number.
    ///
    /// - Returns: whether it was there to be killed.
    @discardableResult
    package func kill(within limit: Duration) -> Bool {
        let handle = hb_pidfd_open(pid)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        // The handle came first: if the identity matches now, the handle is of that process.
        guard isRunning else { return false }
        if getpgid(pid) == pid { _ = Glibc.kill(-pid, SIGKILL) }
        guard hb_pidfd_send_signal(handle, SIGKILL) == 0 else { return false }
        _ = hb_wait_readable(handle, Deadline(after: limit).remainingMs)
        return true
    }
}
