import CampaignFiles
import Glibc
import Wire

/// A list that is compared with others.
enum DiffSide: String, CaseIterable, Sendable {
    case should
    case sent
    case queued

    /// Its bit in the marks of an ID.
    var mark: UInt64 {
        switch self {
        case .should: 1
        case .sent: 2
        case .queued: 4
        }
    }
}

/// How a side's files are to be read.
struct SideFormat: Equatable, Sendable {
    var form = IDForm.auto
    /// Of CSV files.
    var column: String?
    /// Of JSONL files.
    var field: String?
    /// Files are of that kind whatever they are called.
    var isOfAnyName = false
    /// Rows of another campaign are left out.
    var campaign: String?
    /// The column or field that names the campaign.
    static let campaignName = "campaign"
}

/// One file of a side, as it was found.
struct InputFile: Equatable, Sendable {
    /// Files of one side; more are refused.
    static let maxFiles = 100_000

    let side: DiffSide
    let path: String
    /// As it is called in reports.
    let name: String
    let bytes: UInt64
    /// Tells it from what once had its name: size, time of change, place.
    let stamp: String
    /// Its last change, Unix milliseconds.
    let changedMs: Int64
    let packing: Packing
    let form: IDForm
    let format: RowFormat
    let campaign: String?

    /// The files that a list of paths and patterns (glob(7)) names, each once, in order.
    static func paths(_ patterns: [String]) throws(FileFault) -> [String] {
        var found: [String] = []
        for pattern in patterns {
            guard pattern.contains(where: { "*?[".contains($0) }), access(pattern, F_OK) != 0 else {
                found.append(pattern)
                continue
            }
            let matches = try matches(pattern)
            guard !matches.isEmpty else {
                throw FileFault(path: pattern, reason: "no file is called so")
            }
            found += matches
        }
        guard found.count <= maxFiles else {
            throw FileFault(path: found[maxFiles], reason: "more than \(maxFiles) files")
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }

    /// Whether there is a file that a path or pattern names.
    static func isThere(_ pattern: String) throws(FileFault) -> Bool {
        if access(pattern, F_OK) == 0 { return true }
        guard errno == ENOENT else {
            throw FileFault(path: pattern, reason: String(cString: strerror(errno)))
        }
        return try !matches(pattern).isEmpty
    }

    private static func matches(_ pattern: String) throws(FileFault) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        errno = 0
        switch glob(pattern, GLOB_ERR, nil, &result) {
        case 0: break
        case GLOB_NOMATCH: return []
        case GLOB_ABORTED where errno == ENOENT: return []
        default:
            let reason = "a folder cannot be read: \(String(cString: strerror(errno)))"
            throw FileFault(path: pattern, reason: reason)
        }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// Looks at a file: how it is packed, and where in its lines the IDs stand.
    init(_ path: String, name: String? = nil, side: DiffSide, as format: SideFormat) throws(FileFault) {
        (self.side, self.path, self.name) = (side, path, name ?? path)
        form = format.form
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileFault(path: path, reason: "is a directory")
        }
        bytes = UInt64(max(0, status.st_size))
        stamp =
            "\(status.st_dev) \(status.st_ino) \(bytes) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        changedMs = Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        packing = try Packing(firstBytes: Self.first(path, .none, count: 4))
        let lower = self.name.lowercased()
        func isCalled(_ endings: [String]) -> Bool {
            format.isOfAnyName
                || endings.contains { end in ["", ".gz", ".zst"].contains { lower.hasSuffix(end + $0) } }
        }
        if let column = format.column, isCalled([".csv"]) {
            let head = try Self.firstLine(path, packing)
            let place = try Self.place(of: column, in: head, path)
            campaign = format.campaign
            let other = try campaign.map { _ throws(FileFault) in
                try Self.place(of: SideFormat.campaignName, in: head, path)
            }
            self.format = .csv(id: place, campaign: other)
        } else if let field = format.field, isCalled([".jsonl", ".ndjson", ".json"]) {
            campaign = format.campaign
            self.format = .jsonl(id: field, campaign: campaign.map { _ in SideFormat.campaignName })
        } else {
            campaign = nil
            self.format = .plain
        }
    }

    /// Whether its first line is a heading and no row.
    var hasHeading: Bool {
        if case .csv = format { true } else { false }
    }

    private static func place(of column: String, in head: [UInt8], _ path: String) throws(FileFault) -> Int {
        let found = head.withUnsafeBufferPointer { head in
            var fields = CSVFields(head)
            var place = 0
            while let field = fields.next() {
                if IDLine.trimmed(field).elementsEqual(column.utf8) { return place as Int? }
                place += 1
            }
            return nil
        }
        guard let found else { throw FileFault(path: path, reason: "has no column \"\(column)\"") }
        return found
    }

    /// Without a byte order mark.
    private static func firstLine(_ path: String, _ packing: Packing) throws(FileFault) -> [UInt8] {
        let bytes = try first(path, packing, count: RowFormat.csv(id: 0, campaign: nil).maxLineBytes)
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return Array(line.starts(with: PieceReader<UInt64>.byteOrderMark) ? line.dropFirst(3) : line)
    }

    private static func first(_ path: String, _ packing: Packing, count: Int) throws(FileFault) -> [UInt8] {
        var source = try ByteSource(path, packing: packing)
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let start = filled
            var fault: FileFault?
            let got = bytes.withUnsafeMutableBufferPointer { room in
                do throws(FileFault) {
                    return try source.read(into: UnsafeMutableBufferPointer(rebasing: room[start...]))
                } catch {
                    fault = error
                    return 0
                }
            }
            if let fault { throw fault }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }
}
