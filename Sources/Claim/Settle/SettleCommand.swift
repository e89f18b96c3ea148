import ArgumentParser
import CampaignFiles
import Glibc
import Operators
import Pacing
import Telemetry

/// `claim settle`: at a campaign's end, grants one pack to every coupon that was left unspent.
struct SettleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Grants a gift pack to every coupon of a file that has no order yet.",
        discussion: """
            Works through a running Claim's admin port while the campaign is in its phase `settle`. Lines of \
            the file are coupon tokens, up to the first tab. Each goes to its holder's first role in the \
            gift's game; the coupon's own expiry does not count. A coupon that has an order is skipped, so \
            that the same file may be settled twice, or in parts by several runs at a time.

            After each answered request the checkpoint is written and synchronised: killed at any moment, \
            the same command goes on where it was. Refused lines stand with their reasons in \
            <checkpoint>.refused, which may be settled as a file of its own once the reasons are gone.

            Exit codes: 0 all lines are done; 64 usage; 65 Claim refuses for good, or the files do not fit \
            each other; 66 a file cannot be read; 74 or written; 75 Claim gave no answer for too long, or \
            lines were put off: run it again; 77 the key is not accepted.
            """)

    @Option(help: ArgumentHelp("The coupons, one token a line.", valueName: "file"))
    var coupons: String
    @Option(help: ArgumentHelp("The gift pack that all of them get.", valueName: "id"))
    var gift: String
    @Option(help: ArgumentHelp("Coupons a second, at most.", valueName: "number"))
    var rate: Double
    @Option(help: ArgumentHelp("Claim's admin port, as http://host:port.", valueName: "url"))
    var admin: String
    @Option(help: ArgumentHelp("A file that holds the operator's API key.", valueName: "file"))
    var keyFile: String
    @Option(help: ArgumentHelp("How far the run has come; made by the first one.", valueName: "file"))
    var checkpoint: String
    @Option(help: ArgumentHelp("Why; 1 to 1000 bytes, kept in the control topic.", valueName: "text"))
    var reason: String
    @Option(help: ArgumentHelp("How long to wait for an answer before giving up.", valueName: "seconds"))
    var patience = 600

    func validate() throws {
        let rates = SettlePace.rates
        guard rates.contains(rate) else {
            throw ValidationError("--rate takes \(rates.lowerBound) to \(rates.upperBound).")
        }
        guard (1...86_400).contains(patience) else { throw ValidationError("--patience takes 1 to 86400.") }
        guard (1...OperatorReason.maxBytes).contains(reason.utf8.count) else {
            throw ValidationError("--reason takes 1 to \(OperatorReason.maxBytes) bytes.")
        }
        let rest = ["http://", "https://"].first(where: admin.hasPrefix).map { admin.dropFirst($0.count) }
        guard let rest, !rest.isEmpty, !rest.contains(where: { "/?#@ ".contains($0) }) else {
            throw ValidationError("--admin takes http://host:port, without a path.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        do {
            let done = try await settle()
            SettleProgress.say("settle: " + SettleProgress.words(done))
            if done.refused > 0 { SettleProgress.say("settle: refused lines are in \(checkpoint).refused") }
        } catch let fault as SettleFault {
            SettleProgress.say("settle: \(fault)")
            throw ExitCode(fault.exitCode)
        } catch let fault as FileFault {
            SettleProgress.say("settle: \(fault)")
            throw ExitCode(SettleFault.noInput)
        }
    }

    private func settle() async throws -> SettleCheckpoint {
        guard let key = try FileBytes.lines(keyFile).first else {
            throw SettleFault(SettleFault.noInput, "\(keyFile): holds no key")
        }
        let files = try SettleFiles(checkpoint: checkpoint)
        let start = try begin(files)
        let line = SettleLine(admin: admin, key: key)
        defer { line.close() }
        let progress = SettleProgress(start: start, nowNs: SystemClock.nowNs)
        var run = try SettleRun(
            files: files, couponsPath: coupons, checkpoint: start, reason: reason, perSecond: rate,
            patienceNs: UInt64(patience) * 1_000_000_000,
            outside: .init(
                ask: { await line.ask($0) }, nowNs: { SystemClock.nowNs },
                sleepNs: { try? await Task.sleep(nanoseconds: $0) },
                random: { .random(in: .min ... .max) },
                progress: { progress.show($0, nowNs: SystemClock.nowNs) }))
        try await run.run()
        return run.checkpoint
    }

    /// Where an earlier run left off, or a new one.
    private func begin(_ files: SettleFiles) throws -> SettleCheckpoint {
        guard let earlier = try files.load() else {
            // On disk before the first request, so that a killed run keeps its name.
            let new = SettleCheckpoint(batch: .random(in: .min ... .max), gift: gift)
            try files.save(new)
            return new
        }
        guard earlier.gift == gift else {
            throw SettleFault(
                SettleFault.badData, "\(checkpoint): is of a run with --gift \(earlier.gift), not \(gift)")
        }
        if earlier.lines > 0 { SettleProgress.say("settle: goes on behind line \(earlier.lines)") }
        return earlier
    }
}
