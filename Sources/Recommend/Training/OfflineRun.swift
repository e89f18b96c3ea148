import ArgumentParser
import CampaignFiles
import Catalog
import Glibc
import Redis

/// What the offline commands have in common: where they speak, and how they end when something is wrong.
enum OfflineRun {
    /// sysexits.h.
    static let badData: Int32 = 65
    static let noInput: Int32 = 66
    static let unavailable: Int32 = 69
    static let cannotCreate: Int32 = 73
    static let badCampaign: Int32 = 78

    /// A line on standard error: how far a run is, and what is wrong.
    static func note(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func fail(_ command: String, _ reason: String, _ code: Int32) -> ExitCode {
        note("recommend \(command): \(reason)")
        return ExitCode(code)
    }

    static func campaign(_ path: String, for command: String) throws -> Catalog {
        do throws(CampaignDirectory.Fault) {
            return try CampaignDirectory.load(path, allowUnset: true)
        } catch {
            throw fail(command, "\(error)", badCampaign)
        }
    }

    /// The log, with its bad lines named on standard error.
    static func log(_ path: String, _ catalog: Catalog, maxBadLines: Int, for command: String) throws
        -> ClaimLog
    {
        var bad = BadLines(file: path, limit: maxBadLines)
        let log: ClaimLog
        do {
            log = try ClaimLog.read(path, catalog: catalog, bad: &bad) { note("  \($0) lines read") }
        } catch let fault as FileFault {
            throw fail(command, "\(fault)", noInput)
        } catch let tooMany as BadLines.TooMany {
            name(bad)
            throw fail(command, "\(tooMany)", badData)
        }
        name(bad)
        note("  \(log.count) visits of \(log.users.count) people, \(log.claims) claims")
        return log
    }

    static func name(_ bad: BadLines) {
        for line in bad.shown { note(line) }
        if bad.count > bad.shown.count { note("  and \(bad.count - bad.shown.count) more") }
        if bad.count > 0 { note("  \(bad.count) bad lines left out") }
    }
}
