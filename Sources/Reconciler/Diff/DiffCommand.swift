import ArgumentParser
import CampaignFiles

/// `reconciler diff`: should-send − sent − queued, over files.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares files of order IDs and writes what is to be sent again.",
        discussion: """
            Files are given by path or pattern (glob), plain or packed by gzip or zstd, `-` is standard \
            input. Each line holds one order ID, as 13 characters of Crockford base 32 or as a decimal \
            number; the two may be mixed, and 13 digits without a leading zero are decimal unless the rest \
            of the file is text. With --column, files called .csv are read by that column, with --field \
            files called .jsonl, .ndjson or .json by that member of each object. Empty lines are ignored; \
            a line that is no ID, or not one that is wanted, is left out, counted, and the first of each \
            kind told with file and line.

            --column, --field, --form and --campaign take [SIDE=]VALUE, with the side should, sent or \
            queued; without one they are for all sides. Forms: auto, text, decimal (64 bits), hex, uuid, \
            decimal128.

            DIR gets resend.txt (should, neither sent nor queued), unexpected.txt (sent, and not in \
            should), both ascending, and report.json with the counts of every class. Our IDs are compared \
            in memory; IDs that are not dense go through partitions on disk, beside DIR unless --temp says \
            where.

            Several processes may share a run, on this machine or over a file system with locks: one leads, \
            the others are told the same and --assist. A shard belongs to whoever reads it until he has \
            done so or is dead; done twice it changes nothing.

            Exit codes: 0 done; 65 a file cannot be read whole; 70 the classes do not add up; 73 a result \
            cannot be written; 75 another diff works in the directory of --resume.
            """)

    @Option(help: ArgumentHelp("IDs that should be sent; may be given several times.", valueName: "file"))
    var should: [String]
    @Option(help: ArgumentHelp("IDs that were sent; may be given several times.", valueName: "file"))
    var sent: [String]
    @Option(help: ArgumentHelp("IDs that are still on their way.", valueName: "file"))
    var queued: [String] = []
    @Option(help: ArgumentHelp("The directory for the results; made if need be.", valueName: "dir"))
    var out: String?
    @Flag(help: "Counts alone, no lists.")
    var countsOnly = false
    @Option(help: ArgumentHelp("How IDs are written.", valueName: "[side=]form"))
    var form: [String] = []
    @Option(help: ArgumentHelp("The column of CSV files.", valueName: "[side=]name"))
    var column: [String] = []
    @Option(help: ArgumentHelp("The member of JSONL objects.", valueName: "[side=]name"))
    var field: [String] = []
    @Option(help: ArgumentHelp("Leaves out rows whose \"campaign\" is another.", valueName: "[side=]id"))
    var campaign: [String] = []
    @Option(help: ArgumentHelp("Lanes that are known; IDs of others are left out.", valueName: "n,n-n,…"))
    var lanes: String?
    @Option(help: ArgumentHelp("The most memory of the process, in MiB.", valueName: "mib"))
    var memory: Int = 512
    @Option(help: ArgumentHelp("Threads that read and compare.", valueName: "n"))
    var threads: Int = 2
    @Option(help: ArgumentHelp("auto, sets or external.", valueName: "way"))
    var way: DiffRun.Way = .auto
    @Option(help: ArgumentHelp("Where partitions are written meanwhile.", valueName: "dir"))
    var temp: String?
    @Option(help: ArgumentHelp("Keeps what is done there; the same again carries on.", valueName: "dir"))
    var resume: String?
    @Flag(help: "Leaves it there at the end, for a later run over files of which most are the same.")
    var keep = false
    @Flag(help: "Reads for the run that another process leads with the same options; needs --resume.")
    var assist = false
    @Flag(help: "Goes on where a file cannot be read whole, and reports it.")
    var partial = false

    func validate() throws {
        _ = try comparison()
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            let run = try self.comparison()
            if assist {
                let (done, all) = try run.assist()
                return Console.say("\(done) of \(all) shards were read here")
            }
            let outcome = try run.run()
            for side in DiffSide.allCases {
                let tally = outcome.tallies[side] ?? Tally()
                for finding in tally.examples {
                    Console.warn("\(finding.file):\(finding.line): \(finding.kind.told): \"\(finding.text)\"")
                }
                for reason in tally.unread { Console.warn("not read whole: \(reason)") }
            }
            Console.say(DiffReport(outcome: outcome).table)
        }
    }

    func comparison() throws -> DiffRun {
        guard !assist || resume != nil else { throw ValidationError("--assist needs --resume.") }
        guard !assist || !(should + sent + queued).contains("-") else {
            throw ValidationError("Standard input comes to one process alone: no --assist.")
        }
        guard out != nil || countsOnly || assist else {
            throw ValidationError("--out or --counts-only is needed.")
        }
        guard (should + sent + queued).count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Standard input can be only one of the files.")
        }
        guard memory << 20 >= DiffWork.leastMemory, memory <= 1 << 20 else {
            throw ValidationError("--memory is \(DiffWork.leastMemory >> 20) to \(1 << 20) MiB.")
        }
        guard (1...ReaderThreads.most).contains(threads) else {
            throw ValidationError("--threads is 1 to \(ReaderThreads.most).")
        }
        guard !keep || resume != nil else { throw ValidationError("--keep needs --resume.") }
        var formats: [DiffSide: SideFormat] = [:]
        for side in DiffSide.allCases {
            var format = SideFormat()
            if let name = try Self.value(of: form, side, "--form") {
                guard let form = IDForm(rawValue: name) else { throw ValidationError("--form: no \(name).") }
                format.form = form
            }
            format.column = try Self.value(of: column, side, "--column")
            format.field = try Self.value(of: field, side, "--field")
            format.campaign = try Self.value(of: campaign, side, "--campaign")
            formats[side] = format
        }
        var inputs: [DiffSide: [String]] = [.should: should, .sent: sent]
        if !queued.isEmpty { inputs[.queued] = queued }
        formats = formats.filter { inputs[$0.key] != nil }
        guard Set(formats.values.map(\.form.isWide)).count == 1 else {
            throw ValidationError("--form: IDs of 64 and of 128 bits cannot be compared.")
        }
        guard lanes == nil || !formats.values.contains(where: \.form.isWide) else {
            throw ValidationError("--lanes is for our own IDs.")
        }
        return DiffRun(
            inputs: inputs, formats: formats, out: countsOnly ? nil : out, temporary: temp ?? out,
            resume: resume, isKept: keep, isPartAllowed: partial, lanes: try lanes.map(LaneList.read),
            memoryBytes: memory << 20, threads: threads, way: way)
    }

    /// The value for a side among `[SIDE=]VALUE`s: its own before that for all.
    private static func value(of given: [String], _ side: DiffSide, _ option: String) throws -> String? {
        var (own, all): (String?, String?) = (nil, nil)
        for value in given {
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, let named = DiffSide(rawValue: String(parts[0])) {
                if named == side { own = String(parts[1]) }
            } else {
                all = value
            }
            guard parts.last?.isEmpty == false else { throw ValidationError("\(option): nothing is named.") }
        }
        return own ?? all
    }
}

extension DiffRun.Way: ExpressibleByArgument {}

/// Lanes as they are written in an option: numbers and stretches.
enum LaneList {
    /// More are refused.
    static let most = 1 << 20

    static func read(_ text: String) throws -> Set<UInt32> {
        var lanes: Set<UInt32> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first <= last, Int(last - first) < most - lanes.count
            else { throw ValidationError("--lanes: \"\(part)\" is no lane and no stretch of lanes.") }
            lanes.formUnion(first...last)
        }
        return lanes
    }
}
