import CLinux
import CampaignFiles
import Glibc
import Synchronization

/// Where a run keeps what it has done so far: a directory of its own under a lock, removed at the end.
///
/// Without `--resume` it lies in the temporary directory and is removed however the run ends; what a killed
/// run left there is removed by the next one. With `--resume` it is the directory that was named, and stays
/// until a run has come to its end. Any thread.
final class WorkDirectory: Sendable {
    /// Runs that may share one temporary directory at a time.
    private static let maxNeighbours = 64
    private static let endings = [
        ".shard", ".set", ".spill", ".both", ".result", ".input", WorkFile.draftEnding,
    ]
    private static let marker = "way-external"
    private static let claimsName = "claims"

    let path: String
    /// Whether a run that ends badly leaves it for the next one.
    let isResumable: Bool
    private let isKept: Bool
    /// -1: of one who assists.
    private let lock: Int32
    /// A file of which a byte stands for each shard; -1: nobody else works here.
    private let claims: Int32
    /// Files that this run has made or used.
    private let used = Mutex<Set<String>>([])

    /// - Parameters:
    ///   - resume: nil: a directory of this run's own under `base`.
    ///   - isKept: leave the shards in `resume` for a later run over files of which most are the same.
    init(resume: String?, isKept: Bool, base: String) throws(ReconcilerFault) {
        isResumable = resume != nil
        self.isKept = isKept
        let names =
            resume.map { [$0] } ?? (0..<Self.maxNeighbours).map { "\(base)/.reconciler-diff-\($0)" }
        var mine: (path: String, lock: Int32)?
        for name in names where mine == nil || access(name, F_OK) == 0 {
            guard let lock = try Self.take(name) else { continue }
            if mine == nil {
                mine = (name, lock)
                // What somebody who assists is writing now is a draft as well.
                Self.clear(name, but: { _ in resume != nil })
            } else {
                // Left behind by a run that was killed.
                Self.remove(name)
                close(lock)
            }
        }
        guard let mine else {
            throw ReconcilerFault(ReconcilerFault.again, "\(resume ?? base): another diff works there")
        }
        (path, lock) = mine
        claims = resume == nil ? -1 : try Self.openClaims(mine.path)
    }

    /// For one who assists the run that works, or will work, in this directory.
    init(assisting path: String) throws(ReconcilerFault) {
        do throws(FileFault) {
            try OutputFile.makeDirectory(path)
        } catch {
            throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
        }
        (self.path, isResumable, isKept, lock) = (path, true, true, -1)
        claims = try Self.openClaims(path)
    }

    private static func openClaims(_ path: String) throws(ReconcilerFault) -> Int32 {
        let claims = open("\(path)/\(claimsName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard claims >= 0 else {
            throw ReconcilerFault(
                ReconcilerFault.cannotWrite, "\(path)/\(claimsName): \(String(cString: strerror(errno)))")
        }
        return claims
    }

    /// Whether a shard is this process's to do, until its end; at once, or after whoever has it.
    func claim(_ shard: DiffShard, waiting: Bool = false) -> Bool {
        guard claims >= 0, let place = UInt64(shard.key.prefix(15), radix: 16) else { return true }
        var error = hb_claim(claims, Int64(place), waiting ? 1 : 0)
        while waiting && error == EINTR { error = hb_claim(claims, Int64(place), 1) }
        // A file system without such locks: what is done twice changes nothing.
        return error != EAGAIN && error != EACCES
    }

    /// The run has ended, and its directory with it.
    var isGone: Bool { access("\(path)/\(Self.claimsName)", F_OK) != 0 }

    deinit {
        // A child of this process that is about to become something else still holds the file open.
        if lock >= 0 {
            _ = hb_unlock(lock)
            close(lock)
        }
        if claims >= 0 { close(claims) }
    }

    /// Makes a directory, if need be, and takes its lock; nil when another process has it, or takes it away.
    private static func take(_ name: String) throws(ReconcilerFault) -> Int32? {
        do throws(FileFault) {
            try OutputFile.makeDirectory(name)
        } catch {
            throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
        }
        let lock = open("\(name)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw ReconcilerFault(
                ReconcilerFault.cannotWrite, "\(name)/lock: \(String(cString: strerror(errno)))")
        }
        // One who cleans up may have removed the file between its opening and its lock.
        var (mine, there) = (stat(), stat())
        guard hb_lock_now(lock) == 0, fstat(lock, &mine) == 0, stat("\(name)/lock", &there) == 0,
            mine.st_ino == there.st_ino
        else {
            close(lock)
            return nil
        }
        return lock
    }

    /// Whether an earlier run has found the IDs to be too many for memory.
    var isExternal: Bool {
        get { access("\(path)/\(Self.marker)", F_OK) == 0 }
        set {
            guard newValue else { return }
            close(open("\(path)/\(Self.marker)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        }
    }

    /// The path of a file of this run.
    func file(_ name: String) -> String {
        used.withLock { _ = $0.insert(name) }
        return "\(path)/\(name)"
    }

    /// Something has been done that need not be done again.
    func step() { DyingStep.reached("diff") }

    /// The run has come to its end.
    func finish() {
        if isResumable, isKept {
            let used = used.withLock { $0 }
            Self.clear(
                path, but: { used.contains($0) && !$0.hasSuffix(".result") && !$0.hasSuffix(".input") })
        } else {
            Self.remove(path)
        }
    }

    /// The run has failed.
    func abandon() {
        if !isResumable { Self.remove(path) }
    }

    private static func remove(_ path: String) {
        clear(path, but: { _ in false })
        unlink("\(path)/\(marker)")
        unlink("\(path)/\(claimsName)")
        unlink("\(path)/lock")
        // Stays when somebody else's files are in it.
        rmdir(path)
    }

    /// Only files of this kind: the directory was named by a person.
    private static func clear(_ path: String, but isKept: (String) -> Bool) {
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if endings.contains(where: { name.hasSuffix($0) }), !isKept(name) { names.append(name) }
        }
        for name in names { unlink("\(path)/\(name)") }
    }
}
