import CampaignFiles
import Glibc
import Orders

/// Reads a game's statement through the readers of files of IDs: plain, gzip or zstd, one file or many by a
/// pattern, in pieces, whatever they hold and however long their lines are.
///
/// A line counts for each time it stands there. What names no order is counted by its kind, the first of each
/// kept with file and line; nothing is skipped silently.
enum StatementFile {
    /// What the files held beside the IDs.
    struct Reading: Equatable, Sendable {
        /// The last change of the newest of them, Unix milliseconds, before they were read.
        var changedMs: Int64 = 0
        var files = 0
        var tally = Tally()
    }

    /// Hands over every ID, in no order, as often as it stands there. Blocks.
    ///
    /// The files are regular ones, since IDs of 13 digits, where there are any, need a second look: only the
    /// end of a file tells whether they are text.
    ///
    /// - Parameter patterns: paths and patterns (glob(7)).
    /// - Throws: ``ReadStop/input(_:)`` where a file is not there or cannot be read to its end; what the body
    ///   throws.
    static func each(
        _ patterns: [String], _ format: StatementFormat,
        _ body: @escaping (OrderID) throws(ReadStop) -> Void
    ) throws(ReadStop) -> Reading {
        var files: [InputFile] = []
        do throws(FileFault) {
            // All are looked at before the first is read: what is not there is told at once.
            for path in try InputFile.paths(patterns) { files.append(try file(path, format)) }
        } catch {
            throw .input(error)
        }
        var reading = Reading(changedMs: files.map(\.changedMs).max() ?? 0, files: files.count)
        for file in files { reading.tally.merge(try read(file, body)) }
        return reading
    }

    /// A whole statement but for the orders that it names: so it is known that all of it can be read. Blocks.
    /// Grants after the last change of the files cannot be in it.
    static func survey(_ pattern: String, _ format: StatementFormat) throws(FileFault) -> GameStatement {
        var statement = try read(pattern, format) { _ throws(ReadStop) in }
        statement.format = format
        return statement
    }

    /// A whole statement, for one that is small. Blocks.
    static func read(_ pattern: String, _ format: StatementFormat) throws(FileFault) -> GameStatement {
        var granted: [OrderID: Int] = [:]
        var statement = try read(pattern, format) { id throws(ReadStop) in granted[id, default: 0] += 1 }
        statement.granted = granted
        statement.orders = granted.count
        return statement
    }

    /// Hands over every line of a statement that was surveyed. Blocks.
    ///
    /// - Throws: where it is not what it was then; what the body throws.
    static func again(
        _ statement: GameStatement, _ format: StatementFormat,
        _ body: @escaping (OrderID) throws(ReadStop) -> Void
    ) throws(FileFault) {
        let now = try read(statement.file, format, body)
        guard now.lines == statement.lines, now.malformed == statement.malformed,
            now.madeAtMs == statement.madeAtMs
        else { throw FileFault(path: statement.file, reason: "was changed while it was read") }
    }

    private static func read(
        _ pattern: String, _ format: StatementFormat,
        _ body: @escaping (OrderID) throws(ReadStop) -> Void
    ) throws(FileFault) -> GameStatement {
        var statement = GameStatement(file: pattern, madeAtMs: 0)
        do throws(ReadStop) {
            let reading = try each([pattern], format, body)
            statement.madeAtMs = reading.changedMs
            statement.lines = reading.tally.ids
            statement.malformed = reading.tally.leftOut
            statement.examples = reading.tally.examples
            return statement
        } catch {
            switch error {
            case .input(let fault), .output(let fault): throw fault
            case .tooLarge, .stopped: throw FileFault(path: pattern, reason: "was not read to its end")
            }
        }
    }

    private static func file(_ path: String, _ format: StatementFormat) throws(FileFault) -> InputFile {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
            throw FileFault(path: path, reason: "is no regular file")
        }
        return try InputFile(path, side: .sent, as: format.side)
    }

    private static func read(
        _ file: InputFile, _ body: @escaping (OrderID) throws(ReadStop) -> Void
    ) throws(ReadStop) -> Tally {
        var hasBoth = false
        let told = try pass(file, body) { _ throws(ReadStop) in hasBoth = true }
        guard hasBoth else { return told.tally }
        let isText = ![told].textFiles.isEmpty
        let again = try pass(file, { _ throws(ReadStop) in }) { id throws(ReadStop) in
            try body(isText ? OrderID(rawValue: BothWays.asText(id.rawValue)) : id)
        }
        guard again == told else {
            throw .input(FileFault(path: file.path, reason: "was changed while it was read"))
        }
        return told.tally
    }

    /// - Parameter ambiguous: what can be read both ways, as a decimal number.
    private static func pass(
        _ file: InputFile, _ body: @escaping (OrderID) throws(ReadStop) -> Void,
        ambiguous: @escaping (OrderID) throws(ReadStop) -> Void
    ) throws(ReadStop) -> PieceTally {
        let reader = PieceReader<UInt64>(
            piece: FilePiece(file: file, start: 0, end: .max), lanes: nil, isPartAllowed: false,
            take: { ids throws(ReadStop) in
                for id in ids { try body(OrderID(rawValue: id)) }
            },
            ambiguous: { _, id throws(ReadStop) in try ambiguous(OrderID(rawValue: id)) })
        return try reader.read()
    }
}
