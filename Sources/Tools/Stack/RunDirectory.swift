import CLinux
import Foundation
import Glibc

/// A directory that one process owns while it lives, for the logs, data and pid files of its children.
///
/// Ownership is the lock (flock(2)) on the file `lock` in it: the kernel gives it back however the
/// owner ends. A directory whose lock is free is stale: whoever finds it kills the processes recorded
/// in it that still run and are still the ones that were recorded, and removes its files.
package final class RunDirectory: Sendable {
    /// Absolute; its parent was made if it was missing.
    package let path: String
    private let lock: Int32

    private init(path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit {
        // Said and not left to the close: a child being forked at this moment holds a copy until it execs.
        _ = hb_unlock(lock)
        close(lock)
    }

    /// Makes `<base>/<name>` ours and empty.
    ///
    /// - Throws: `StackFailure` when another living process owns it.
    package static func claim(base: String, name: String) throws(StackFailure) -> RunDirectory {
        let path = absolute("\(base)/\(name)")
        // The lock file can vanish under us only by a cleaner of stale directories, so a few rounds do.
        for _ in 0..<100 {
            try makeDirectory(path)
            switch try takeLock(path) {
            case .vanished: continue
            case .held: throw StackFailure("\(path) is in use by another process")
            case .ours(let directory):
                directory.killRecorded()
                try directory.removeFiles()
                try makeDirectory("\(path)/pids")
                return directory
            }
        }
        throw StackFailure("\(path) keeps vanishing")
    }

    /// Makes a new directory `<base>/<prefix>-<number>` ours, after removing the stale ones beside it.
    ///
    /// - Parameter base: nil: a directory of this user under the system's temporary one.
    package static func claimUnique(base: String? = nil, prefix: String) throws(StackFailure) -> RunDirectory
    {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let base = base ?? "\(temporary)/hongbao-\(getuid())"
        try makeDirectory(base)
        removeStale(base: base, prefix: prefix)
        var failure = StackFailure("no free name for \(base)/\(prefix)-…")
        for _ in 0..<100 {
            let name = "\(prefix)-\(getpid())-\(UInt32.random(in: .min ... .max))"
            guard !FileManager.default.fileExists(atPath: "\(base)/\(name)") else { continue }
            // A cleaner may look into the new directory before we lock it: then another name will do.
            do { return try claim(base: base, name: name) } catch { failure = error }
        }
        throw failure
    }

    /// Removes all directories `<base>/<prefix>-…` whose owners are gone, and kills what they left.
    ///
    /// - Returns: the names of the directories it removed.
    @discardableResult
    package static func removeStale(base: String, prefix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        return names.filter { $0.hasPrefix("\(prefix)-") }.filter { name in
            guard case .ours(let stale) = try? takeLock(absolute("\(base)/\(name)")) else { return false }
            stale.release()
            return true
        }
    }

    /// Kills what still runs of the recorded processes, removes the directory and gives it up.
    ///
    /// - Parameter keepingFiles: leave the files for somebody to read; the next `claim` of this name, or
    ///   `claimUnique` of its prefix, removes them.
    package func release(keepingFiles: Bool = false) {
        killRecorded()
        if !keepingFiles {
            try? removeFiles()
            // The lock file goes last: as long as it is there, nobody else touches the directory.
            unlink("\(path)/lock")
            rmdir(path)
        }
    }

    /// Makes a directory in this one and returns its path.
    package func directory(_ name: String) throws(StackFailure) -> String {
        let path = "\(path)/\(name)"
        try Self.makeDirectory(path)
        return path
    }

    // MARK: - Recorded processes

    /// Writes down a process that must not outlive this directory's owner.
    package func record(_ identity: ProcessIdentity, as name: String) throws(StackFailure) {
        do {
            try identity.text.write(toFile: "\(path)/pids/\(name).pid", atomically: true, encoding: .utf8)
        } catch {
            throw StackFailure("cannot write \(path)/pids/\(name).pid: \(error)")
        }
    }

    /// What was recorded and can be read; a half-written file is none.
    package func recorded() -> [ProcessIdentity] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/pids")) ?? []
        return names.filter { $0.hasSuffix(".pid") }.compactMap { name in
            (try? String(contentsOfFile: "\(path)/pids/\(name)", encoding: .utf8))
                .flatMap(ProcessIdentity.init(text:))
        }
    }

    private func killRecorded() {
        for identity in recorded() { identity.kill(within: .seconds(10)) }
    }

    // MARK: - Files

    private enum Lock {
        case ours(RunDirectory)
        case held
        /// A cleaner removed the directory while we were at it.
        case vanished
    }

    private static func takeLock(_ path: String) throws(StackFailure) -> Lock {
        let lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            if errno == ENOENT { return .vanished }
            throw StackFailure("cannot open \(path)/lock", errno: errno)
        }
        let failure = hb_lock_now(lock)
        guard failure == 0 else {
            close(lock)
            if failure == EWOULDBLOCK { return .held }
            throw StackFailure("cannot lock \(path)/lock", errno: failure)
        }
        // Between our opening and our locking it the file may have been removed.
        var opened = stat()
        var named = stat()
        guard fstat(lock, &opened) == 0, stat("\(path)/lock", &named) == 0,
            opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
        else {
            close(lock)
            return .vanished
        }
        return .ours(RunDirectory(path: path, lock: lock))
    }

    private func removeFiles() throws(StackFailure) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            }
        } catch {
            throw StackFailure("cannot empty \(path): \(error)")
        }
    }

    private static func makeDirectory(_ path: String) throws(StackFailure) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StackFailure("cannot make \(path): \(error)")
        }
    }

    /// Children run in other directories and are given paths of this one.
    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
