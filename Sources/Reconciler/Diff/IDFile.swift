import CampaignFiles
import Glibc
import Wire

/// A line that is no order ID: where it stands and how it begins.
struct MalformedLine: Equatable {
    /// Bytes of the line that are shown.
    static let maxShown = 64

    let file: String
    /// From 1.
    let line: Int
    /// Printable ASCII; every other byte as `\xNN`.
    let text: String

    init(file: String, line: Int, bytes: some Collection<UInt8>) {
        self.file = file
        self.line = line
        var shown: [UInt8] = []
        for byte in bytes.prefix(Self.maxShown) {
            if (0x20..<0x7F).contains(byte) {
                shown.append(byte)
            } else {
                shown += Array("\\x".utf8) + Hex.encode(bytes: [byte])
            }
        }
        text = String(decoding: shown, as: UTF8.self) + (bytes.count > Self.maxShown ? "…" : "")
    }
}

/// The order IDs of one file: a set, and what was found beside it. Read in chunks; the memory is eight bytes
/// an ID.
struct IDFile {
    static let chunkBytes = 1 << 18
    /// Malformed lines kept as examples; all are counted.
    static let maxExamples = 100

    let name: String
    /// Ascending and distinct; complete once ``finish()`` was called.
    private(set) var ids: [UInt64] = []
    /// Lines that held an ID.
    private(set) var lines = 0
    private(set) var malformed = 0
    private(set) var examples: [MalformedLine] = []
    /// Lines that named an ID which another line had named.
    var duplicates: Int { lines - ids.count }

    /// What can be read as text too, by its decimal reading.
    private var ambiguous: [(decimal: UInt64, text: UInt64)] = []
    private var sawText = false
    private var sawDecimal = false

    init(name: String) {
        self.name = name
    }

    mutating func add(
        _ bytes: UnsafeBufferPointer<UInt8>, number: Int, isTooLong: Bool,
        onMalformed: (MalformedLine) -> Void
    ) {
        switch isTooLong ? .malformed : IDLine(bytes) {
        case .empty: break
        case .text(let id):
            ids.append(id)
            sawText = true
        case .decimal(let id):
            ids.append(id)
            sawDecimal = true
        case .ambiguous(let decimal, let text):
            ambiguous.append((decimal, text))
        case .malformed:
            malformed += 1
            let line = MalformedLine(file: name, line: number, bytes: bytes)
            if examples.count < Self.maxExamples { examples.append(line) }
            onMalformed(line)
        }
    }

    /// Settles what could be read both ways, sorts, and counts what stands twice. Thirteen digits are text
    /// only in a file that has text beside them and no decimal number.
    mutating func finish() {
        let isText = sawText && !sawDecimal
        ids += ambiguous.lazy.map { isText ? $0.text : $0.decimal }
        ambiguous = []
        lines = ids.count
        ids.sort()
        var kept = 0
        for id in ids where kept == 0 || ids[kept - 1] != id {
            ids[kept] = id
            kept += 1
        }
        ids.removeLast(ids.count - kept)
    }

    /// Reads a whole file; `-` is standard input. Blocks.
    static func read(
        _ path: String, onMalformed: (MalformedLine) -> Void = { _ in }
    ) throws(FileFault) -> IDFile {
        let isStandardInput = path == "-"
        var file = IDFile(name: isStandardInput ? "standard input" : path)
        let descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
        defer { if !isStandardInput { close(descriptor) } }
        var splitter = LineSplitter()
        let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: chunkBytes)
        defer { chunk.deallocate() }
        while true {
            let count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { break }
            splitter.add(UnsafeBufferPointer(rebasing: chunk[..<count])) { bytes, number, isTooLong in
                file.add(bytes, number: number, isTooLong: isTooLong, onMalformed: onMalformed)
            }
        }
        splitter.end { bytes, number, isTooLong in
            file.add(bytes, number: number, isTooLong: isTooLong, onMalformed: onMalformed)
        }
        file.finish()
        return file
    }
}
