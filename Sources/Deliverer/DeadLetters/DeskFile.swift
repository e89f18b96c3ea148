import CampaignFiles
import Glibc

/// A file that is replaced whole: on disk, name and all, when `replace` returns.
enum DeskFile {
    static func replace(_ path: String, _ bytes: [UInt8]) throws(DeskFault) {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DeskFault.unwritten(draft) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw DeskFault.unwritten(draft) }
            written += count
        }
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw DeskFault.unwritten(path) }
        // A rename is on disk once its directory is.
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw DeskFault.unwritten(folder) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw DeskFault.unwritten(folder) }
    }

    /// Nothing to do where it is not there.
    static func remove(_ path: String) throws(DeskFault) {
        guard unlink(path) == 0 || errno == ENOENT else { throw DeskFault.unwritten(path) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// A ``FileLock`` for commands.
final class DeskLock {
    private let lock: FileLock

    /// - Throws: ``DeskFault`` where another process has it.
    init(_ path: String) throws(DeskFault) {
        let taken: FileLock?
        do throws(FileFault) {
            taken = try FileLock.take(path)
        } catch {
            throw DeskFault(DeskFault.badData, error.description)
        }
        guard let taken else {
            throw DeskFault(DeskFault.again, "\(path): another run is at work with it")
        }
        lock = taken
    }
}
