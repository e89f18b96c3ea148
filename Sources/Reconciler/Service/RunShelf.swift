import CampaignFiles
import Catalog
import Glibc
import Wire

/// The directory in which runs leave their reports: `run-<id>.json`, each whole or not there, and the closing
/// statement in its three forms.
///
/// A report is staged under a hidden name that its ID makes; what is found there later is of a run that was
/// cut short, and Redis tells whether it counts. Every call blocks.
struct RunShelf: Sendable {
    /// Of a report: 1000 of each kind of order are listed, and a line for every partition.
    static let maxReportBytes = 64 << 20

    let path: String

    private func name(_ id: RunID) -> String { "\(path)/run-\(id).json" }
    private func staged(_ id: RunID) -> String { "\(path)/.run-\(id).json.new" }

    func stage(_ id: RunID, _ report: [UInt8]) throws(FileFault) {
        try OutputFile.makeDirectory(path)
        try OutputFile.stage(staged(id), CollectionOfOne(report))
    }

    /// Only after the run was sealed.
    func publish(_ id: RunID) throws(FileFault) {
        try OutputFile.place(staged(id), name(id))
    }

    func discard(_ id: RunID) {
        unlink(staged(id))
    }

    /// Puts what runs before this one have left behind in order: a sealed one's report gets its name, what
    /// counts for nothing goes.
    func tidy(before current: RunID, lastSealed: UInt32) throws(FileFault) {
        for entry in try entries() where entry.hasPrefix(".run-") && entry.hasSuffix(".json.new") {
            guard let id = RunID(text: entry.dropFirst(5).dropLast(9)), id < current else { continue }
            if id == RunID(epoch: current.epoch, number: lastSealed) {
                try publish(id)
            } else {
                discard(id)
            }
        }
    }

    /// Newest first.
    func list() throws(FileFault) -> [RunID] {
        try entries().compactMap { entry in
            guard entry.hasPrefix("run-"), entry.hasSuffix(".json") else { return nil }
            return RunID(text: entry.dropFirst(4).dropLast(5))
        }.sorted(by: >)
    }

    /// nil: there is no such report.
    func read(_ id: RunID) throws(FileFault) -> [UInt8]? {
        guard access(name(id), F_OK) == 0 else { return nil }
        return try FileBytes.read(name(id), most: Self.maxReportBytes)
    }

    /// Removes reports that were written before that moment, never the newest one. Returns how many.
    func sweep(writtenBeforeMs: Int64) throws(FileFault) -> Int {
        var removed = 0
        for id in try list().dropFirst() {
            var about = stat()
            guard stat(name(id), &about) == 0 else { continue }
            let writtenMs = Int64(about.st_mtim.tv_sec) * 1000 + Int64(about.st_mtim.tv_nsec) / 1_000_000
            if writtenMs < writtenBeforeMs, unlink(name(id)) == 0 { removed += 1 }
        }
        return removed
    }

    // MARK: - The closing statement

    func statementPath(_ campaign: String, _ format: ClosingFormat) -> String {
        "\(path)/statement-\(campaign).\(format.rawValue)"
    }

    func hasStatement(_ campaign: String) -> Bool {
        ClosingFormat.allCases.allSatisfy { access(statementPath(campaign, $0), F_OK) == 0 }
    }

    private func stagedStatement(_ campaign: String, _ format: ClosingFormat, _ id: RunID) -> String {
        "\(path)/.statement-\(campaign)-\(id).\(format.rawValue).new"
    }

    func stage(_ statement: ClosingStatement, _ id: RunID) throws(FileFault) {
        let campaign = statement.catalog.campaign.id
        for format in ClosingFormat.allCases {
            try OutputFile.stage(
                stagedStatement(campaign, format, id), CollectionOfOne(format.encode(statement)))
        }
    }

    /// Only after it was sealed.
    func publishStatement(_ campaign: String, _ id: RunID) throws(FileFault) {
        for format in ClosingFormat.allCases {
            try OutputFile.place(
                stagedStatement(campaign, format, id), statementPath(campaign, format))
        }
    }

    func discardStatement(_ campaign: String, _ id: RunID) {
        for format in ClosingFormat.allCases { unlink(stagedStatement(campaign, format, id)) }
    }

    // MARK: - Inside

    private func entries() throws(FileFault) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        defer { closedir(directory) }
        var names = [String]()
        while let entry = readdir(directory) {
            withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names
    }
}
