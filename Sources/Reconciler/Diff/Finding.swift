import Wire

/// What is wrong with a line; it is counted and left out of the comparison.
enum FindingKind: String, CaseIterable, Sendable {
    /// No ID stands where one should.
    case malformed
    /// Longer than a line may be.
    case tooLong = "too_long"
    /// Holds a NUL byte.
    case nul
    /// The row has no such column, or the object no such field.
    case noField = "no_field"
    /// No CSV row or JSON object.
    case broken
    /// The ID's lane is not in the list that was given.
    case unknownLane = "unknown_lane"
    /// The row names another campaign.
    case otherCampaign = "other_campaign"

    /// For the eye.
    var told: String {
        switch self {
        case .malformed: "no order ID"
        case .tooLong: "the line is too long"
        case .nul: "a NUL byte"
        case .noField: "the field is missing"
        case .broken: "no such row"
        case .unknownLane: "an unknown lane"
        case .otherCampaign: "of another campaign"
        }
    }
}

/// A line that was left out: what, where, and how it begins.
struct Finding: Equatable, Sendable {
    /// Bytes of the line that are shown.
    static let maxShown = 64
    /// Findings of each kind that are kept as examples, of each shard and in the report; all are counted.
    static let maxExamples = 100

    let kind: FindingKind
    let file: String
    /// From 1.
    var line: Int
    /// Printable ASCII; every other byte as `\xNN`.
    let text: String

    init(_ kind: FindingKind, file: String, line: Int, text: String) {
        (self.kind, self.file, self.line, self.text) = (kind, file, line, text)
    }

    init(_ kind: FindingKind, file: String, line: Int, bytes: UnsafeBufferPointer<UInt8>) {
        var shown: [UInt8] = []
        for byte in bytes.prefix(Self.maxShown) {
            if (0x20..<0x7F).contains(byte) {
                shown.append(byte)
            } else {
                shown += Array("\\x".utf8) + Hex.encode(bytes: [byte])
            }
        }
        let isCut = bytes.count > Self.maxShown || kind == .tooLong
        self.init(
            kind, file: file, line: line,
            text: String(decoding: shown, as: UTF8.self) + (isCut ? "…" : ""))
    }
}

/// What reading has brought, beside the IDs themselves: of a piece of a file, a shard, or a side.
struct Tally: Equatable, Sendable {
    /// Lines that held an ID.
    var ids = 0
    /// All lines.
    var lines = 0
    var counts: [FindingKind: Int] = [:]
    var examples: [Finding] = []
    /// Files that could not be read whole, with the reason: only where that is allowed.
    var unread: [String] = []

    /// IDs turn out to be of lanes that nobody knows, when it is too late to say where they stand.
    mutating func leaveOut(_ count: Int) {
        guard count > 0 else { return }
        ids -= count
        counts[.unknownLane, default: 0] += count
    }

    var leftOut: Int { counts.values.reduce(0, +) }

    mutating func add(
        _ kind: FindingKind, file: String, line: Int, bytes: UnsafeBufferPointer<UInt8>
    ) {
        counts[kind, default: 0] += 1
        if counts[kind, default: 0] <= Finding.maxExamples {
            examples.append(Finding(kind, file: file, line: line, bytes: bytes))
        }
    }

    /// Takes what comes behind it.
    ///
    /// - Parameter linesBefore: lines of the same file before that part.
    mutating func merge(_ other: Tally, linesBefore: Int = 0) {
        ids += other.ids
        lines += other.lines
        for var example in other.examples {
            let kept = examples.count { $0.kind == example.kind }
            guard kept < Finding.maxExamples else { continue }
            example.line += linesBefore
            examples.append(example)
        }
        counts.merge(other.counts, uniquingKeysWith: +)
        unread += other.unread
    }
}

/// One piece of a file and what it brought.
struct PieceTally: Equatable, Sendable {
    let file: String
    /// Of its first byte.
    let start: UInt64
    var tally = Tally()
    /// Forms that were seen, for what can be read both ways.
    var sawText = false
    var sawDecimal = false
}

extension [PieceTally] {
    /// All pieces together, each line numbered from its file's beginning.
    var total: Tally {
        var total = Tally()
        var (file, lines) = ("", 0)
        for piece in sorted(by: { ($0.file, $0.start) < ($1.file, $1.start) }) {
            if piece.file != file { (file, lines) = (piece.file, 0) }
            total.merge(piece.tally, linesBefore: lines)
            lines += piece.tally.lines
        }
        return total
    }

    /// Files in which 13 digits are text: text stands beside them, and no decimal number.
    var textFiles: Set<String> {
        let (text, decimal) = (filter(\.sawText), filter(\.sawDecimal))
        return Set(text.map(\.file)).subtracting(decimal.map(\.file))
    }
}
