import Glibc
import Wire

/// What a settling run leaves on disk: its checkpoint, and the lines that were refused with the reason.
///
/// A refused line is on disk before the checkpoint that counts it; after a kill the file is cut to the length
/// that the checkpoint names, so that each refused line stands in it once. The file of refused lines is
/// locked while a run is at work. One owner.
final class SettleFiles {
    let checkpointPath: String
    let refusedPath: String
    private let refused: Int32

    /// Opens and locks; a second run over the same files is refused.
    init(checkpoint: String) throws {
        checkpointPath = checkpoint
        refusedPath = checkpoint + ".refused"
        refused = open(refusedPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard refused >= 0 else { throw SettleFault.unwritten(refusedPath, errno) }
        guard flock(refused, LOCK_EX | LOCK_NB) == 0 else {
            throw SettleFault(SettleFault.noWrite, "\(refusedPath): another run is at work with it")
        }
    }

    /// Unlocked by name: a child that is being started at this moment may still hold the descriptor.
    deinit {
        flock(refused, LOCK_UN)
        close(refused)
    }

    /// The checkpoint of an earlier run; nil where there is none.
    func load() throws -> SettleCheckpoint? {
        let descriptor = open(checkpointPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SettleFault.file(checkpointPath, errno)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: JSONLimits.request.maxBytes + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SettleFault.file(checkpointPath, errno) }
        do {
            return try SettleCheckpoint.decode(Array(bytes[..<count]))
        } catch {
            throw SettleFault(SettleFault.badData, "\(checkpointPath): is not a checkpoint: \(error)")
        }
    }

    /// Cuts off what a killed run had written beyond its checkpoint.
    func cutRefused(to bytes: UInt64) throws {
        guard ftruncate(refused, off_t(bytes)) == 0, lseek(refused, 0, SEEK_END) == off_t(bytes) else {
            throw SettleFault.unwritten(refusedPath, errno)
        }
    }

    /// Appends refused lines and waits until they are on disk. Returns their bytes.
    func appendRefused(_ lines: [(coupon: String, result: SettleResult)]) throws -> UInt64 {
        guard !lines.isEmpty else { return 0 }
        var text = [UInt8]()
        for (coupon, result) in lines {
            text += Array("\(coupon)\t\(result.reason)\n".utf8)
        }
        try Self.write(text, to: refused, refusedPath)
        guard fsync(refused) == 0 else { throw SettleFault.unwritten(refusedPath, errno) }
        return UInt64(text.count)
    }

    /// Replaces the checkpoint: on disk, name and all, when it returns.
    func save(_ checkpoint: SettleCheckpoint) throws {
        let draft = checkpointPath + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SettleFault.unwritten(draft, errno) }
        defer { close(descriptor) }
        try Self.write(checkpoint.encode(), to: descriptor, draft)
        guard fsync(descriptor) == 0, rename(draft, checkpointPath) == 0 else {
            throw SettleFault.unwritten(checkpointPath, errno)
        }
        try Self.syncDirectory(of: checkpointPath)
    }

    /// A rename is on disk once its directory is.
    private static func syncDirectory(of path: String) throws {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SettleFault.unwritten(directory, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SettleFault.unwritten(directory, errno) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SettleFault.unwritten(path, errno) }
            written += count
        }
    }
}

extension SettleResult {
    /// As it stands behind the coupon in the file of refused lines.
    var reason: String {
        switch self {
        case .granted: "granted"
        case .skipped: "skipped"
        case .refused(let problem, let detail): "\(problem)\t\(detail)"
        case .later(let detail): "try-again\t\(detail)"
        }
    }
}
