import CampaignFiles
import Wire

/// What a comparison has found, its lists apart.
struct DiffOutcome: Sendable {
    /// How it was done.
    enum Way: String, Sendable {
        /// Sets in memory.
        case sets
        /// Partitions on disk.
        case external
    }

    let way: Way
    var counts: [DiffSide: Int] = [:]
    var delivered = 0
    var stillQueued = 0
    var missing = 0
    var unexpected = 0
    var queuedNotDue = 0
    /// What was read, by side.
    var tallies: [DiffSide: Tally] = [:]
    /// Shards that were taken over from an earlier run, of how many.
    var reused = 0
    var shards = 0

    func distinct(_ side: DiffSide) -> Int { counts[side] ?? 0 }
    /// Lines that named an ID which another line of the side had named.
    func duplicates(_ side: DiffSide) -> Int { (tallies[side]?.ids ?? 0) - distinct(side) }

    /// Each list falls into its classes without rest.
    var addsUp: Bool {
        distinct(.should) == delivered + stillQueued + missing && distinct(.sent) == delivered + unexpected
            && DiffSide.allCases.allSatisfy { duplicates($0) >= 0 }
    }
}

/// A list of IDs on its way to a file, one a line; the file has its name only once it is whole.
final class IDListFile {
    private let file: WorkFile?
    private let form: IDForm
    private var bytes: [UInt8] = []
    private static let bufferBytes = 64 << 10
    /// IDs so far.
    private(set) var count = 0

    /// - Parameter path: nil: they are only counted.
    init(_ path: String?, as form: IDForm) throws(ReadStop) {
        self.form = form
        do { file = try path.map { path throws(FileFault) in try WorkFile(path) } } catch {
            throw .output(error)
        }
        bytes.reserveCapacity(Self.bufferBytes + 64)
    }

    func add(_ id: some DiffID) throws(ReadStop) {
        count += 1
        guard file != nil else { return }
        id.append(to: &bytes, as: form)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= Self.bufferBytes { try flush() }
    }

    private func flush() throws(ReadStop) {
        do { try file?.append(bytes) } catch { throw .output(error) }
        bytes.removeAll(keepingCapacity: true)
    }

    func finish() throws(ReadStop) {
        try flush()
        do { try file?.finish(isDurable: true) } catch { throw .output(error) }
    }
}

/// Where the lists go.
struct DiffOutput: Sendable {
    /// nil: nowhere, counts are enough.
    let directory: String?
    let form: IDForm
    static let missingName = "resend.txt"
    static let unexpectedName = "unexpected.txt"

    func list(_ name: String) throws(ReadStop) -> IDListFile {
        try IDListFile(directory.map { "\($0)/\(name)" }, as: form)
    }
}
