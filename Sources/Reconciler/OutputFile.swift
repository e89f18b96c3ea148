import CampaignFiles
import Glibc
import Wire

/// Files that the reconciler leaves behind: each whole or not there.
enum OutputFile {
    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String) throws(FileFault) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            guard mkdir(made, 0o755) == 0 || errno == EEXIST else { throw fault(made) }
        }
    }

    /// Writes piece by piece under another name, then takes the place of what was there.
    static func write(_ path: String, _ pieces: some Sequence<[UInt8]>) throws(FileFault) {
        let temporary = "\(path).\(getpid()).new"
        try stage(temporary, pieces)
        try place(temporary, path)
    }

    /// Writes a file that nobody is to read yet, and has the disk keep it. Leaves nothing where it fails.
    static func stage(_ path: String, _ pieces: some Sequence<[UInt8]>) throws(FileFault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fault(path) }
        var isWritten = true
        for piece in pieces where isWritten { isWritten = writeAll(descriptor, piece) }
        isWritten = isWritten && fsync(descriptor) == 0
        let failure = fault(path)
        let isClosed = close(descriptor) == 0
        guard isWritten, isClosed else {
            let reason = isWritten ? fault(path) : failure
            unlink(path)
            throw reason
        }
    }

    /// Gives a staged file its name, in place of what had it, and has the disk keep that too.
    static func place(_ staged: String, _ path: String) throws(FileFault) {
        guard rename(staged, path) == 0 else {
            let reason = fault(path)
            unlink(staged)
            throw reason
        }
        let folder = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) + "/" : "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// One ID a line in its text form.
    static func write(_ path: String, ids: [UInt64]) throws(FileFault) {
        let idsAPiece = 1 << 14
        let pieces = stride(from: 0, to: ids.count, by: idsAPiece).lazy.map { start in
            var piece: [UInt8] = []
            piece.reserveCapacity(idsAPiece * (CrockfordBase32.length + 1))
            for id in ids[start..<min(start + idsAPiece, ids.count)] {
                CrockfordBase32.append(id, to: &piece)
                piece.append(UInt8(ascii: "\n"))
            }
            return piece
        }
        try write(path, pieces)
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func fault(_ path: String) -> FileFault {
        FileFault(path: path, reason: String(cString: strerror(errno)))
    }
}
