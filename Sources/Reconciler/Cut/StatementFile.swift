import CampaignFiles
import Glibc
import Orders
import Wire

/// Reads a game's statement: the one place where it meets the readers of files of IDs.
///
/// A line counts for each time it stands there. What names no order is counted, the first of it kept with its
/// line; nothing is skipped silently.
struct StatementFile {
    private static let chunkBytes = 1 << 18

    private let format: StatementFormat
    private var statement: GameStatement
    /// Of the named column; nil: its line has not been read.
    private var column: Int?
    /// Thirteen digits can be read both ways; see ``IDLine``.
    private var ambiguous: [(decimal: UInt64, text: UInt64)] = []
    private var sawText = false
    private var sawDecimal = false
    private var fault: String?

    private init(_ path: String, _ format: StatementFormat, madeAtMs: Int64) {
        self.format = format
        statement = GameStatement(file: path, madeAtMs: madeAtMs)
    }

    /// Reads a whole file. Blocks. Grants after the file's last change cannot be in it.
    static func read(_ path: String, _ format: StatementFormat) throws(FileFault) -> GameStatement {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var about = stat()
        guard fstat(descriptor, &about) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        let changedMs = Int64(about.st_mtim.tv_sec) * 1000 + Int64(about.st_mtim.tv_nsec) / 1_000_000
        var file = StatementFile(path, format, madeAtMs: changedMs)
        var splitter = LineSplitter()
        let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: chunkBytes)
        defer { chunk.deallocate() }
        while true {
            let count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { break }
            splitter.add(UnsafeBufferPointer(rebasing: chunk[..<count])) { file.take($0, $1, isTooLong: $2) }
        }
        splitter.end { file.take($0, $1, isTooLong: $2) }
        return try file.finish()
    }

    /// Reads bytes as a file of that name would be.
    static func read(
        _ bytes: [UInt8], name: String, _ format: StatementFormat, madeAtMs: Int64
    ) throws(FileFault) -> GameStatement {
        var file = StatementFile(name, format, madeAtMs: madeAtMs)
        var splitter = LineSplitter()
        bytes.withUnsafeBufferPointer { splitter.add($0) { file.take($0, $1, isTooLong: $2) } }
        splitter.end { file.take($0, $1, isTooLong: $2) }
        return try file.finish()
    }

    // MARK: - Lines

    private mutating func take(_ line: UnsafeBufferPointer<UInt8>, _ number: Int, isTooLong: Bool) {
        switch format {
        case .ids: add(isTooLong ? nil : Array(line), line, number)
        case .csv(let name):
            guard let column else {
                let names = CSVLine.fields(line) ?? []
                self.column = names.firstIndex { String(decoding: $0, as: UTF8.self) == name } ?? -1
                if self.column == -1 { fault = "its first line names no column \"\(name)\"" }
                return
            }
            guard !line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }) else { return }
            let fields = isTooLong ? nil : CSVLine.fields(line)
            add(fields.flatMap { $0.indices.contains(column) ? $0[column] : nil } ?? [], line, number)
        case .jsonl(let name):
            guard !line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }) else { return }
            add(isTooLong ? nil : Self.field(name, Array(line)), line, number)
        }
    }

    private static func field(_ name: String, _ line: [UInt8]) -> [UInt8]? {
        guard case .object(let object)? = try? JSON.parse(line, limits: .request) else { return nil }
        switch object[name] {
        case .string(let text): return Array(text.utf8)
        case .integer(let number) where number >= 0: return Array("\(number)".utf8)
        default: return nil
        }
    }

    /// - Parameter id: what should be an ID; nil or empty where a line of IDs may not be.
    private mutating func add(_ id: [UInt8]?, _ line: UnsafeBufferPointer<UInt8>, _ number: Int) {
        let read = id.map { $0.withUnsafeBufferPointer { IDLine($0) } } ?? .malformed
        switch read {
        case .empty where format == .ids: return
        case .text(let id):
            sawText = true
            count(id)
        case .decimal(let id):
            sawDecimal = true
            count(id)
        case .ambiguous(let decimal, let text): ambiguous.append((decimal, text))
        case .empty, .malformed:
            statement.malformed += 1
            guard statement.examples.count < Finding.maxExamples else { return }
            statement.examples.append(Finding(.malformed, file: statement.file, line: number, bytes: line))
        }
    }

    private mutating func count(_ id: UInt64) {
        statement.lines += 1
        statement.granted[OrderID(rawValue: id), default: 0] += 1
    }

    private mutating func finish() throws(FileFault) -> GameStatement {
        if let fault { throw FileFault(path: statement.file, reason: fault) }
        let isText = sawText && !sawDecimal
        for both in ambiguous { count(isText ? both.text : both.decimal) }
        return statement
    }
}

/// One line of comma-separated values (RFC 4180, section 2, without line breaks in fields).
enum CSVLine {
    private static let quote = UInt8(ascii: "\"")

    /// nil where a quote is not closed, or does not stand at both ends of its field.
    static func fields(_ line: UnsafeBufferPointer<UInt8>) -> [[UInt8]]? {
        var fields: [[UInt8]] = []
        var at = 0
        let end = line.last == UInt8(ascii: "\r") ? line.count - 1 : line.count
        while true {
            var field: [UInt8] = []
            if at < end, line[at] == quote {
                at += 1
                while true {
                    guard at < end else { return nil }
                    if line[at] == quote {
                        at += 1
                        guard at < end, line[at] == quote else { break }
                    }
                    field.append(line[at])
                    at += 1
                }
                guard at == end || line[at] == UInt8(ascii: ",") else { return nil }
            } else {
                while at < end, line[at] != UInt8(ascii: ",") {
                    field.append(line[at])
                    at += 1
                }
            }
            fields.append(field)
            guard at < end else { return fields }
            at += 1
        }
    }
}
