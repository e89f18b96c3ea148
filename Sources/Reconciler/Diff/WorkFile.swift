import CampaignFiles
import Glibc

/// A file of a run's own that has its name only once it is whole. One thread's.
final class WorkFile {
    private static let bufferBytes = 256 << 10

    let path: String
    /// Bytes so far.
    private(set) var written: UInt64 = 0
    private let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var isFinished = false

    /// What it is called until it is whole.
    static let draftEnding = ".part"

    init(_ path: String) throws(FileFault) {
        self.path = path
        descriptor = open(path + Self.draftEnding, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    }

    deinit {
        if descriptor >= 0 {
            close(descriptor)
            if !isFinished { unlink(path + Self.draftEnding) }
            buffer.deallocate()
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        written += UInt64(bytes.count)
        if bytes.count > buffer.count - filled { try flush() }
        if bytes.count >= buffer.count { return try write(bytes) }
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        (buffer.baseAddress! + filled).copyMemory(from: base, byteCount: bytes.count)
        filled += bytes.count
    }

    func append(_ bytes: [UInt8]) throws(FileFault) {
        let view = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { view.deallocate() }
        view.copyBytes(from: bytes)
        try append(UnsafeRawBufferPointer(view))
    }

    /// Gives the file its name. Against the end of this process that is enough; against the machine's, the
    /// checksums within tell a file that is not whole.
    ///
    /// - Parameter isDurable: for what has no checksum: the disk has it all before it has its name.
    func finish(isDurable: Bool = false) throws(FileFault) {
        try flush()
        guard !isDurable || fsync(descriptor) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        guard rename(path + Self.draftEnding, path) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        isFinished = true
    }

    private func flush() throws(FileFault) {
        let full = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
        filled = 0
        try write(full)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
            done += count
        }
    }
}
