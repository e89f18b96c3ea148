import Glibc

/// Why a file could not be taken in; names the file.
package struct FileFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(path): \(reason)" }
}

/// Whole small files, read at start and on reload; nothing on a hot path.
package enum FileBytes {
    /// - Parameter most: a larger file is refused rather than read.
    package static func read(_ path: String, most: Int = 4 << 20) throws(FileFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let n = Glibc.read(descriptor, &chunk, chunk.count)
            guard n >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
            if n == 0 { return bytes }
            bytes += chunk[0..<n]
            guard bytes.count <= most else {
                throw FileFault(path: path, reason: "is larger than \(most) bytes")
            }
        }
    }

    /// The file's lines without their ends; empty lines and those that begin with `#` are left out.
    package static func lines(_ path: String) throws(FileFault) -> [String] {
        lines(of: try read(path))
    }

    /// The same of bytes that have been read.
    package static func lines(of bytes: [UInt8]) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).map(String.init).filter {
            !$0.isEmpty && !$0.hasPrefix("#")
        }
    }
}
