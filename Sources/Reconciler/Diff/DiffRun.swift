import CampaignFiles
import Glibc

/// A comparison of lists in files, from its options to its report.
struct DiffRun {
    /// Asked for, or left to the IDs: sets as long as they are dense.
    enum Way: String, CaseIterable, Sendable {
        case auto
        case sets
        case external
    }

    /// By side: paths and patterns; `-` is standard input.
    var inputs: [DiffSide: [String]]
    var formats: [DiffSide: SideFormat]
    /// nil: counts alone.
    var out: String?
    var temporary: String?
    var resume: String?
    var isKept = false
    var isPartAllowed = false
    var lanes: Set<UInt32>?
    var memoryBytes = 512 << 20
    var threads = 2
    var way = Way.auto

    /// Runs it. Blocks. Files in `out` are whole or not there; the report is written last: without one, lists
    /// are an earlier run's, or void.
    func run() throws(ReconcilerFault) -> DiffOutcome {
        if let out { try Self.output { () throws(FileFault) in try OutputFile.makeDirectory(out) } }
        let directory = try WorkDirectory(
            resume: resume, isKept: isKept, base: temporary ?? out ?? "/tmp")
        if let out { unlink("\(out)/report.json") }
        do throws(ReadStop) {
            let outcome = try compare(directory)
            guard outcome.addsUp else {
                if let out {
                    unlink("\(out)/\(DiffOutput.missingName)")
                    unlink("\(out)/\(DiffOutput.unexpectedName)")
                }
                throw .output(FileFault(path: out ?? "counts", reason: Self.doesNotAddUp))
            }
            if let out {
                do throws(FileFault) {
                    try OutputFile.write(
                        "\(out)/report.json", CollectionOfOne(DiffReport(outcome: outcome).json))
                } catch {
                    throw .output(error)
                }
            }
            directory.step()
            directory.finish()
            return outcome
        } catch {
            directory.abandon()
            throw Self.fault(error)
        }
    }

    /// Reads for the run that another process leads in `resume` with the same options, and writes nothing
    /// else.
    ///
    /// - Returns: shards that were read here, of how many.
    func assist() throws(ReconcilerFault) -> (done: Int, of: Int) {
        let directory = try WorkDirectory(assisting: resume ?? ".")
        do throws(ReadStop) {
            let (shards, _) = try shards(directory)
            let work = DiffWork(
                shards: shards, lanes: lanes, memoryBytes: memoryBytes, threads: threads,
                isPartAllowed: isPartAllowed, directory: directory)
            return (try assist(work), shards.count)
        } catch {
            // Whoever leads it needs nobody any more.
            if directory.isGone { return (0, 0) }
            throw Self.fault(error)
        }
    }

    private func assist(_ work: DiffWork) throws(ReadStop) -> Int {
        let output = DiffOutput(directory: nil, form: formats[.should]?.form ?? .auto)
        if formats.values.contains(where: \.form.isWide) {
            return try ExternalWay<UInt128>(work, output).assist()
        }
        if way != .external, !(way == .auto && work.directory.isExternal) {
            do throws(ReadStop) {
                return try SetWay(work, output).assist()
            } catch {
                guard case .tooLarge = error, way == .auto else { throw error }
            }
        }
        return try ExternalWay<UInt64>(work, output).assist()
    }

    private static let doesNotAddUp = "the classes do not add up"

    private static func fault(_ stop: ReadStop) -> ReconcilerFault {
        switch stop {
        case .input(let fault): ReconcilerFault(ReconcilerFault.badData, fault.description)
        case .output(let fault) where fault.reason == doesNotAddUp:
            ReconcilerFault(ReconcilerFault.broken, "\(fault); the lists are void")
        case .output(let fault): ReconcilerFault(ReconcilerFault.cannotWrite, fault.description)
        case .tooLarge: ReconcilerFault(ReconcilerFault.badData, "too many IDs for sets in --memory")
        case .stopped: ReconcilerFault(ReconcilerFault.broken, "stopped")
        }
    }

    private static func output(_ body: () throws(FileFault) -> Void) throws(ReconcilerFault) {
        do throws(FileFault) {
            try body()
        } catch {
            throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
        }
    }

    private func compare(_ directory: WorkDirectory) throws(ReadStop) -> DiffOutcome {
        let isWide = formats.values.contains { $0.form.isWide }
        let form = formats[.should]?.form ?? .auto
        let output = DiffOutput(directory: out, form: form)
        let (shards, unread) = try shards(directory)
        let work = DiffWork(
            shards: shards, lanes: lanes, memoryBytes: memoryBytes, threads: threads,
            isPartAllowed: isPartAllowed, directory: directory)
        var outcome: DiffOutcome
        if isWide {
            outcome = try ExternalWay<UInt128>(work, output).run()
        } else {
            outcome = try narrow(work, output)
        }
        for (side, reasons) in unread { outcome.tallies[side, default: Tally()].unread += reasons }
        for side in inputs.keys where outcome.tallies[side] == nil { outcome.tallies[side] = Tally() }
        return outcome
    }

    /// Sets as long as they fit.
    private func narrow(_ work: DiffWork, _ output: DiffOutput) throws(ReadStop) -> DiffOutcome {
        if way == .external || (way == .auto && work.directory.isExternal) {
            return try ExternalWay<UInt64>(work, output).run()
        }
        do throws(ReadStop) {
            return try SetWay(work, output).run()
        } catch {
            guard case .tooLarge = error, way == .auto else { throw error }
            work.directory.isExternal = true
            return try ExternalWay<UInt64>(work, output).run()
        }
    }

    /// The work of reading, and files that cannot even be looked at, where that is allowed.
    private func shards(
        _ directory: WorkDirectory
    ) throws(ReadStop) -> ([DiffShard], unread: [DiffSide: [String]]) {
        let known = lanes.map { $0.sorted().map(String.init).joined(separator: ",") } ?? "any"
        var shards: [DiffShard] = []
        var unread: [DiffSide: [String]] = [:]
        for side in DiffSide.allCases {
            guard let patterns = inputs[side] else { continue }
            var files: [InputFile] = []
            do throws(FileFault) {
                for path in try InputFile.paths(patterns) {
                    do throws(FileFault) {
                        files.append(try file(path, side, files.count, directory))
                    } catch {
                        guard isPartAllowed else { throw error }
                        unread[side, default: []].append(error.description)
                    }
                }
            } catch {
                throw .input(error)
            }
            shards += DiffShard.cut(files, context: "\(known) \(isPartAllowed)")
        }
        return (shards, unread)
    }

    /// What is no regular file comes once and from its beginning: it is written down first.
    ///
    /// - Parameter number: among the files of its side.
    private func file(
        _ path: String, _ side: DiffSide, _ number: Int, _ directory: WorkDirectory
    ) throws(FileFault) -> InputFile {
        let format = formats[side] ?? SideFormat()
        var status = stat()
        let isStream =
            path == "-"
            || (stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT))
        guard isStream else { return try InputFile(path, side: side, as: format) }
        let copy = directory.file("\(side.rawValue)-\(number)-\(getpid()).input")
        let input = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
        defer { if path != "-" { close(input) } }
        let file = try WorkFile(copy)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { room.deallocate() }
        while true {
            let got = read(input, room.baseAddress, room.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
            if got == 0 { break }
            try file.append(UnsafeRawBufferPointer(rebasing: room[..<got]))
        }
        try file.finish()
        return try InputFile(copy, name: path == "-" ? "standard input" : path, side: side, as: format)
    }
}
