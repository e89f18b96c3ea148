import CampaignFiles
import Glibc
import Wire

/// A part of a file: the lines that begin in it.
struct FilePiece: Equatable, Sendable {
    let file: InputFile
    let start: UInt64
    /// Exclusive; `.max` = to the end of the file, wherever that is.
    let end: UInt64
}

/// Why a reading ends before its end.
enum ReadStop: Error {
    /// What is read cannot be read.
    case input(FileFault)
    /// What is written beside cannot be written.
    case output(FileFault)
    /// The IDs are not dense enough for sets in memory.
    case tooLarge
    /// Another thread has stopped for one of these reasons.
    case stopped
}

/// Reads lines of IDs in big pieces, with bounded memory and no call a line where lines are IDs alone.
///
/// One thread's. Buffers live as long as it does and serve one piece after another.
final class PieceReader<ID: DiffID> {
    static var byteOrderMark: [UInt8] { [0xEF, 0xBB, 0xBF] }
    private let readBytes: Int
    private static var batchIDs: Int { 1 << 11 }
    private static var maxCarried: Int { 64 << 10 }

    /// Lanes that are known; nil = any.
    private let lanes: Set<UInt32>?
    /// A file that cannot be read to its end is told in the tally, and its beginning counts.
    private let isPartAllowed: Bool
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private let batch: UnsafeMutableBufferPointer<ID>
    private var batchCount = 0

    // Of the piece that is being read.
    private var piece: FilePiece
    private var told: PieceTally
    private var isTooLong = false
    /// Where in the file the buffer begins, and how much of it is filled.
    private var (base, filled) = (UInt64(0), 0)
    private let take: (UnsafeBufferPointer<ID>) throws(ReadStop) -> Void
    /// File name and the decimal reading of what can be read both ways.
    private let takeAmbiguous: (String, ID) throws(ReadStop) -> Void

    init(
        piece: FilePiece, lanes: Set<UInt32>?, isPartAllowed: Bool, readBytes: Int = 1 << 18,
        take: @escaping (UnsafeBufferPointer<ID>) throws(ReadStop) -> Void,
        ambiguous: @escaping (String, ID) throws(ReadStop) -> Void
    ) {
        self.piece = piece
        self.lanes = lanes
        self.readBytes = readBytes
        self.isPartAllowed = isPartAllowed
        self.take = take
        takeAmbiguous = ambiguous
        told = PieceTally(file: piece.file.name, start: piece.start)
        buffer = .allocate(capacity: readBytes + Self.maxCarried + LineScan<ID>.padding + 1)
        batch = .allocate(capacity: Self.batchIDs)
    }

    deinit {
        buffer.deallocate()
        batch.deallocate()
    }

    /// Reads the piece to its end, once.
    func read() throws(ReadStop) -> PieceTally {
        do throws(ReadStop) {
            try readAll()
        } catch {
            guard case .input(let fault) = error, isPartAllowed else { throw error }
            told.tally.unread.append(fault.description)
        }
        try flush()
        return told
    }

    private func readAll() throws(ReadStop) {
        // A piece begins with the first line that begins in it: the byte before it tells whether one does.
        base = piece.start == 0 ? 0 : piece.start - 1
        var source: ByteSource
        do {
            source = try ByteSource(piece.file.path, packing: piece.file.packing, from: base)
        } catch {
            throw .input(error)
        }
        var isSkipping = piece.start > 0
        var isHeading = piece.start == 0 && piece.file.hasHeading
        while true {
            let room = UnsafeMutableBufferPointer(rebasing: buffer[filled..<(filled + readBytes)])
            let got: Int
            do { got = try source.read(into: room) } catch { throw .input(error) }
            filled += got
            (buffer.baseAddress! + filled).initialize(repeating: 0, count: LineScan<ID>.padding)
            var at = 0
            if base == 0, told.tally.lines == 0, !isTooLong, got > 0 {
                let start = UnsafeBufferPointer(rebasing: buffer[..<filled])
                if start.starts(with: Self.byteOrderMark) { at = 3 }
            }
            if isSkipping || isHeading {
                if let end = newline(from: at) {
                    at = end + 1
                    if isHeading { told.tally.lines += 1 }
                    (isSkipping, isHeading) = (false, false)
                } else {
                    at = filled
                }
            }
            // Nothing begins in this piece any more, or nothing did at all.
            let isOver = base + UInt64(at) >= piece.end && !isTooLong
            if !isOver, !isSkipping, !isHeading { at = try lines(from: at, isLast: got == 0) }
            if isOver || got == 0 || (base + UInt64(at) >= piece.end && !isTooLong) { break }
            carry(from: at)
        }
    }

    private func newline(from at: Int) -> Int? {
        guard at < filled, let found = memchr(buffer.baseAddress! + at, 0x0A, filled - at) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(buffer.baseAddress!)
    }

    /// Keeps the line that has begun, unless it is too long already.
    private func carry(from at: Int) {
        let rest = filled - at
        base += UInt64(at)
        if rest > piece.file.format.maxLineBytes {
            // Its beginning stays, to be shown.
            isTooLong = true
            base += UInt64(rest - Finding.maxShown)
            (buffer.baseAddress! + 0).update(from: buffer.baseAddress! + at, count: Finding.maxShown)
            filled = Finding.maxShown
        } else {
            buffer.baseAddress!.update(from: buffer.baseAddress! + at, count: rest)
            filled = rest
        }
    }

    /// Reads lines as long as they are whole; returns where the next one begins.
    private func lines(from start: Int, isLast: Bool) throws(ReadStop) -> Int {
        var at = start
        let (beginning, end) = (UnsafePointer(buffer.baseAddress!), UInt64(filled))
        let limit = piece.end <= base ? 0 : Int(min(piece.end - base, end))
        let isFast = lanes == nil && piece.file.format == .plain
        while at < limit || (isTooLong && at < filled) {
            if isFast, !isTooLong {
                let room = UnsafeMutableBufferPointer(rebasing: batch[batchCount...])
                var scan = LineScan(at: beginning + at, limit: beginning + limit, out: room)
                ID.scan(&scan, as: piece.file.form)
                at = scan.at - beginning
                told.tally.lines += scan.count
                told.tally.ids += scan.count
                batchCount += scan.count
                told.sawText = told.sawText || scan.sawText
                told.sawDecimal = told.sawDecimal || scan.sawDecimal
                if batchCount == batch.count {
                    try flush()
                    continue
                }
                if scan.count > 0 { continue }
            }
            guard let next = newline(from: at) ?? (isLast ? filled : nil) else { break }
            told.tally.lines += 1
            try line(UnsafeBufferPointer(rebasing: buffer[at..<next]))
            at = min(next + 1, filled)
        }
        return at
    }

    /// One line the slow way, without its LF.
    private func line(_ line: UnsafeBufferPointer<UInt8>) throws(ReadStop) {
        let file = piece.file
        if isTooLong || line.count > file.format.maxLineBytes {
            isTooLong = false
            return leaveOut(.tooLong, line)
        }
        if line.contains(0) { return leaveOut(.nul, line) }
        if file.format != .plain, IDLine.trimmed(line).isEmpty { return }
        switch file.format.row(line) {
        case .noField: leaveOut(.noField, line)
        case .broken: leaveOut(.broken, line)
        case .fields(let field, let campaign):
            if let wanted = file.campaign, let campaign, !campaign.elementsEqual(wanted.utf8) {
                return leaveOut(.otherCampaign, line)
            }
            switch ID.read(field, as: file.form) {
            case .malformed: leaveOut(.malformed, line)
            case .empty: if file.format != .plain { leaveOut(.noField, line) }
            case .text(let id):
                told.sawText = true
                try keep(id, line)
            case .number(let id):
                told.sawDecimal = true
                try keep(id, line)
            case .ambiguous(let id):
                told.tally.ids += 1
                try takeAmbiguous(file.name, id)
            }
        }
    }

    private func keep(_ id: ID, _ line: UnsafeBufferPointer<UInt8>) throws(ReadStop) {
        if let lanes, !lanes.contains(UInt32(truncatingIfNeeded: id >> 32)) {
            return leaveOut(.unknownLane, line)
        }
        told.tally.ids += 1
        batch[batchCount] = id
        batchCount += 1
        if batchCount == batch.count { try flush() }
    }

    private func leaveOut(_ kind: FindingKind, _ line: UnsafeBufferPointer<UInt8>) {
        told.tally.add(kind, file: piece.file.name, line: told.tally.lines, bytes: line)
    }

    private func flush() throws(ReadStop) {
        let full = UnsafeBufferPointer(rebasing: batch[..<batchCount])
        batchCount = 0
        if !full.isEmpty { try take(full) }
    }
}
