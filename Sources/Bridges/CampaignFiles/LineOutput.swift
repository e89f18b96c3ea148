import Glibc

/// Lines on their way into a file of any length, through a buffer. The file has its name only once it is
/// whole: until `finish` it is a draft beside it, and gone if that is never called.
package struct LineOutput: ~Copyable {
    private static let bufferBytes = 256 << 10

    private let path: String
    private let draft: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isFinished = false

    package init(_ path: String) throws(FileFault) {
        self.path = path
        draft = "\(path).\(getpid())"
        descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw FileFault(path: draft, reason: String(cString: strerror(errno)))
        }
        buffer.reserveCapacity(Self.bufferBytes + 4096)
    }

    /// - Parameter line: without its end.
    package mutating func write(_ line: [UInt8]) throws(FileFault) {
        buffer += line
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Gives the file its name.
    package mutating func finish() throws(FileFault) {
        try flush()
        guard rename(draft, path) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        isFinished = true
    }

    private mutating func flush() throws(FileFault) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw FileFault(path: draft, reason: String(cString: strerror(errno)))
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(draft) }
    }
}
