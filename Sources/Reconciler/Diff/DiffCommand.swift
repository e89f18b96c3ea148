import ArgumentParser
import CampaignFiles

/// `reconciler diff`: should-send − sent − queued, over files.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares files of order IDs and writes what is to be sent again.",
        discussion: """
            Each file holds one order ID a line, as 13 characters of Crockford base 32 or as a decimal \
            number; the two may be mixed, and 13 digits without a leading zero are decimal unless the rest \
            of the file is text. Empty lines are ignored; a line that is no ID is reported with its number \
            and stops nothing. `-` is standard input, for one of the files.

            DIR gets resend.txt (should, neither sent nor queued), unexpected.txt (sent, and not in should), \
            both sorted, and report.json with the counts of every class.

            Exit codes: 0 done; 65 a file cannot be read; 73 a result cannot be written.
            """)

    @Option(help: ArgumentHelp("IDs that should be sent.", valueName: "file"))
    var should: String
    @Option(help: ArgumentHelp("IDs that were sent.", valueName: "file"))
    var sent: String
    @Option(help: ArgumentHelp("IDs that are still on their way.", valueName: "file"))
    var queued: String?
    @Option(help: ArgumentHelp("The directory for the results; made if need be.", valueName: "dir"))
    var out: String

    func validate() throws {
        guard [should, sent, queued].count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Standard input can be only one of the files.")
        }
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            var files: [(role: String, file: IDFile)] = []
            for (role, path) in [("should", should), ("sent", sent), ("queued", queued)] {
                guard let path else { continue }
                let file = try IDFile.read(path) { line in
                    Console.warn("\(line.file):\(line.line): no order ID: \"\(line.text)\"")
                }
                files.append((role, file))
            }
            let diff = FileDiff(
                should: files[0].file.ids, sent: files[1].file.ids,
                queued: files.count > 2 ? files[2].file.ids : [])
            guard diff.addsUp else {
                throw ReconcilerFault(
                    ReconcilerFault.broken, "the classes do not add up; nothing was written")
            }
            do throws(FileFault) {
                try OutputFile.makeDirectory(out)
                try OutputFile.write("\(out)/resend.txt", ids: diff.missing)
                try OutputFile.write("\(out)/unexpected.txt", ids: diff.unexpected)
                try OutputFile.write("\(out)/report.json", CollectionOfOne(diff.report(files)))
            } catch {
                throw ReconcilerFault(ReconcilerFault.cannotWrite, error.description)
            }
            Console.say(Self.table(diff, files))
        }
    }

    private static func table(_ diff: FileDiff, _ files: [(role: String, file: IDFile)]) -> String {
        var rows = [
            ["should", "\(diff.should)"], ["sent", "\(diff.sent)"], ["queued", "\(diff.queued)"],
            ["delivered", "\(diff.delivered)"], ["still queued", "\(diff.stillQueued)"],
            ["missing", "\(diff.missing.count)"], ["unexpected", "\(diff.unexpected.count)"],
        ]
        for (role, file) in files {
            rows.append(["duplicates in \(role)", "\(file.duplicates)"])
            rows.append(["malformed in \(role)", "\(file.malformed)"])
        }
        return Console.table(rows)
    }
}
