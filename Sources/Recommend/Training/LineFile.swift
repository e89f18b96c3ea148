import CampaignFiles
import Glibc

/// A file of any length, read line by line; holds one line and one chunk at a time.
struct LineFile: ~Copyable {
    static let maxLineBytes = 1 << 20
    private static let chunkBytes = 256 << 10
    private static let newline = UInt8(ascii: "\n")

    enum Content: Equatable {
        /// Without its end.
        case text([UInt8])
        /// Longer than `maxLineBytes`; its bytes are gone.
        case tooLong
    }

    let path: String
    /// Of the line that `next` gave last, from 1.
    private(set) var number = 0
    private let descriptor: Int32
    private var chunk: [UInt8]
    private var unread: Range<Int> = 0..<0
    private var isAtEnd = false

    init(_ path: String) throws(FileFault) {
        self.path = path
        chunk = Array(repeating: 0, count: Self.chunkBytes)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The next line that is not empty; nil at the end. A last line without an end counts.
    mutating func next() throws(FileFault) -> Content? {
        while let content = try nextLine() {
            if content != .text([]) { return content }
        }
        return nil
    }

    private mutating func nextLine() throws(FileFault) -> Content? {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            if unread.isEmpty {
                guard try fill() else {
                    guard !line.isEmpty || isTooLong else { return nil }
                    number += 1
                    return isTooLong ? .tooLong : .text(line)
                }
            }
            let end = chunk[unread].firstIndex(of: Self.newline)
            let part = unread.lowerBound..<(end ?? unread.upperBound)
            unread = (end.map { $0 + 1 } ?? unread.upperBound)..<unread.upperBound
            if line.count + part.count > Self.maxLineBytes {
                isTooLong = true
                line = []
            }
            if !isTooLong { line += chunk[part] }
            guard end != nil else { continue }
            number += 1
            if isTooLong { return .tooLong }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            return .text(line)
        }
    }

    /// Reads a chunk; false at the end of the file.
    private mutating func fill() throws(FileFault) -> Bool {
        while !isAtEnd {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw FileFault(path: path, reason: String(cString: strerror(errno)))
            }
            isAtEnd = count == 0
            unread = 0..<count
            return !isAtEnd
        }
        return false
    }
}
