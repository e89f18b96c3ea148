import CampaignFiles
import Credentials
import Wire

/// A part of the work of reading, done by one thread: a file, a stretch of a big one, or several small ones.
///
/// Its key names its contents: files by path, size and time of change, and how they are read. What was done
/// under a key need not be done again, and done twice it changes nothing.
struct DiffShard: Sendable {
    /// Files below this share shards.
    static let smallBytes: UInt64 = 1 << 20
    /// Shards that small files are divided among, by their names, so that one more moves none of the others.
    static let smallShards: UInt64 = 32
    /// A big file is cut into stretches of at least this.
    static let stretchBytes: UInt64 = 64 << 20
    /// And into at most so many.
    static let maxStretches: UInt64 = 64

    let side: DiffSide
    let key: String
    let pieces: [FilePiece]
    var bytes: UInt64 {
        pieces.reduce(0) { $0 + (Swift.min($1.end, Swift.max($1.file.bytes, $1.start)) - $1.start) }
    }

    private init(_ side: DiffSide, _ pieces: [FilePiece], context: String) {
        self.side = side
        self.pieces = pieces
        var text = "1 \(side.rawValue) \(context)"
        for piece in pieces {
            let file = piece.file
            text += "\n\(file.path)\n\(file.stamp) \(piece.start) \(piece.end) \(file.form)"
            text += " \(file.format) \(file.campaign ?? "")"
        }
        key = String(decoding: Hex.encode(bytes: Array(sha256(Array(text.utf8))[..<16])), as: UTF8.self)
    }

    /// Cuts a side's files into shards, the longest first, so that the threads end together.
    ///
    /// - Parameter context: what else the result of a shard depends on.
    static func cut(_ files: [InputFile], context: String) -> [DiffShard] {
        var shards: [DiffShard] = []
        var small: [UInt64: [FilePiece]] = [:]
        for file in files {
            if file.bytes < smallBytes {
                let sum = file.path.utf8.reduce(UInt64(0)) { splitMix64($0 ^ UInt64($1)) }
                small[sum % smallShards, default: []].append(FilePiece(file: file, start: 0, end: .max))
                continue
            }
            let stretch = max(stretchBytes, file.bytes / maxStretches + 1)
            var start: UInt64 = 0
            repeat {
                let isLast = file.packing != .none || file.bytes - start <= stretch + stretch / 2
                let end = isLast ? .max : start + stretch
                shards.append(
                    DiffShard(file.side, [FilePiece(file: file, start: start, end: end)], context: context))
                start = end
            } while start != .max
        }
        for pieces in small.values {
            shards.append(DiffShard(pieces[0].file.side, pieces, context: context))
        }
        return shards.sorted { ($0.bytes, $0.key) > ($1.bytes, $1.key) }
    }
}

/// What the reading of a shard has brought beside the IDs, as it is kept for the next run.
struct ShardRecord: Equatable {
    /// In the shard's order.
    var pieces: [PieceTally]
    /// Of the file of what can be read both ways; see ``BothWays``.
    var bothSum: UInt64 = 0

    private static let magic = Array("HBSHRD1\n".utf8)
    /// Longer records are none of ours.
    static let maxBytes = 256 << 20

    var stored: [UInt8] {
        var out = ByteWriter()
        out.append(Self.magic)
        out.u64(bothSum)
        out.varint(UInt64(pieces.count))
        for piece in pieces {
            Self.put(piece.file, &out)
            out.u64(piece.start)
            out.u8((piece.sawText ? 1 : 0) | (piece.sawDecimal ? 2 : 0))
            let tally = piece.tally
            out.varint(UInt64(tally.ids))
            out.varint(UInt64(tally.lines))
            for kind in FindingKind.allCases { out.varint(UInt64(tally.counts[kind] ?? 0)) }
            out.varint(UInt64(tally.examples.count))
            for example in tally.examples {
                Self.put(example.kind.rawValue, &out)
                out.varint(UInt64(example.line))
                Self.put(example.text, &out)
            }
            out.varint(UInt64(tally.unread.count))
            for reason in tally.unread { Self.put(reason, &out) }
        }
        out.u32(crc32(out.bytes))
        return out.bytes
    }

    init(pieces: [PieceTally]) {
        self.pieces = pieces
    }

    /// nil when the bytes are no record: it is made again then.
    init?(stored bytes: [UInt8]) {
        guard bytes.count > Self.magic.count + 4, bytes.starts(with: Self.magic) else { return nil }
        pieces = []
        do throws(ByteReaderError) {
            var sum = ByteReader(bytes.suffix(4))
            guard try sum.u32() == crc32(bytes.dropLast(4)) else { return nil }
            var input = ByteReader(bytes[Self.magic.count..<(bytes.count - 4)])
            bothSum = try input.u64()
            for _ in 0..<(try input.varint()) {
                guard let piece = try Self.piece(&input) else { return nil }
                pieces.append(piece)
            }
        } catch {
            return nil
        }
    }

    private static func piece(_ input: inout ByteReader) throws(ByteReaderError) -> PieceTally? {
        var piece = PieceTally(file: try text(&input), start: try input.u64())
        let flags = try input.u8()
        (piece.sawText, piece.sawDecimal) = (flags & 1 != 0, flags & 2 != 0)
        piece.tally.ids = Int(truncatingIfNeeded: try input.varint())
        piece.tally.lines = Int(truncatingIfNeeded: try input.varint())
        for kind in FindingKind.allCases {
            let count = Int(truncatingIfNeeded: try input.varint())
            if count > 0 { piece.tally.counts[kind] = count }
        }
        for _ in 0..<(try input.varint()) {
            guard let kind = FindingKind(rawValue: try text(&input)) else { return nil }
            let line = Int(truncatingIfNeeded: try input.varint())
            let example = Finding(kind, file: piece.file, line: line, text: try text(&input))
            piece.tally.examples.append(example)
        }
        for _ in 0..<(try input.varint()) { piece.tally.unread.append(try text(&input)) }
        return piece
    }

    private static func put(_ text: String, _ out: inout ByteWriter) {
        out.varint(UInt64(text.utf8.count))
        out.append(text.utf8)
    }

    private static func text(_ input: inout ByteReader) throws(ByteReaderError) -> String {
        let count = Int(truncatingIfNeeded: try input.varint())
        return String(decoding: try input.bytes(max(0, count)), as: UTF8.self)
    }
}
