import ArgumentParser
import CampaignFiles
import Catalog
import Logging
import NIOPosix
import ProfileRoad
import Redis
import Telemetry
import Wire

/// `recommend load-profiles`: what was learned overnight, into Redis.
struct LoadProfiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts people's vectors, and registrations where there are any, into Redis.",
        discussion: """
            One person a line: {"user": "123", "vector": [the campaign's ranking.dimensions numbers], \
            "games": [{"game": "game id", "registered_at": Unix s or null, "roles": [{"region": "region id", \
            "role": "77"}]}]}; vector or games may be missing. `recommend train` writes such lines.

            A vector replaces the one that is there. What is stored about games stays, and games of which \
            nothing is stored are taken from the line. It may run while Recommend serves.

            Bad lines are named on standard error and left out.

            Exit codes: 0 all lines loaded; 64 wrong usage; 65 the good lines are loaded, and there were bad \
            ones; 66 the file cannot be read; 69 Redis cannot be reached or failed, and a part may be loaded \
            (run it again, nothing is loaded twice); 78 the campaign is faulty.
            """)

    @Argument(help: "The people, JSON Lines.")
    var file: String
    @Option(help: ArgumentHelp("Such as redis://127.0.0.1:6379.", valueName: "url"))
    var redis: String
    @Option(help: ArgumentHelp("The campaign's directory.", valueName: "dir"))
    var campaign: String

    private static let command = "load-profiles"
    private static let progressPeople = 100_000

    func run() async throws {
        let address: RedisTarget
        do throws(RedisAddressFault) {
            address = try RedisTarget(url: redis)
        } catch {
            throw ValidationError("--redis: \(error.reason)")
        }
        let catalog = try OfflineRun.campaign(campaign, for: Self.command)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        options.clientName = "load-profiles"
        let connection = RedisRouter(
            address, loop: MultiThreadedEventLoopGroup.singleton.next(), options: options,
            logger: Logger(label: Self.command) { _ in SwiftLogNoOpLogHandler() })
        let startNs = SystemClock.nowNs
        var load = ProfileLoad(catalog: catalog, redis: connection)
        var bad = BadLines(file: file)
        do {
            try await connection.ready(within: .seconds(10))
            try await read(into: &load, bad: &bad)
        } catch {
            await connection.shutDown()
            OfflineRun.name(bad)
            let code = error is FileFault ? OfflineRun.noInput : OfflineRun.unavailable
            throw OfflineRun.fail(Self.command, "\(error); \(load.counts.people) people loaded", code)
        }
        await connection.shutDown()
        OfflineRun.name(bad)
        let counts = load.counts
        let tookMs = max(1, (SystemClock.nowNs - startNs) / 1_000_000)
        print("\(counts.people) people loaded in \(tookMs) ms, \(counts.merged) of them known before")
        let mean = EvaluationReport.fixed(counts.meanBytes, 1)
        print("bytes a person: \(mean) on average, \(counts.mostBytes) at most")
        if counts.unreadable > 0 {
            print("\(counts.unreadable) stored profiles were unreadable, written anew")
        }
        if bad.count > 0 {
            let reason = "\(file): \(bad.count) bad lines left out"
            throw OfflineRun.fail(Self.command, reason, OfflineRun.badData)
        }
    }

    private func read(into load: inout ProfileLoad, bad: inout BadLines) async throws {
        var lines = try LineFile(file)
        var shown = 0
        var nowS = UInt32(clamping: SystemClock.nowMs / 1000)
        while let content = try lines.next() {
            switch content {
            case .tooLong: try bad.add(lines.number, "longer than \(LineFile.maxLineBytes) bytes")
            case .text(let bytes):
                let line: ProfileLine
                do throws(JSONError) {
                    line = try ProfileLine(bytes, catalog: load.catalog)
                } catch {
                    try bad.add(lines.number, error.description)
                    continue
                }
                try await load.add(line, nowS: nowS)
            }
            guard load.counts.people - shown >= Self.progressPeople else { continue }
            shown = load.counts.people
            nowS = UInt32(clamping: SystemClock.nowMs / 1000)
            OfflineRun.note("  \(shown) people loaded")
        }
        try await load.flush(nowS: nowS)
    }
}
