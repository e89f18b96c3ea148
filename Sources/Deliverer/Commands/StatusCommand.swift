import ArgumentParser
import Glibc
import Operators
import ServiceShell
import Wire

/// `deliverer status`: what the Deliverers are doing, all together.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows each game's pace, backlog and troubles, over all instances.",
        discussion: """
            Asks every --admin port and adds up. DRAIN is how long the backlog takes at the rate of the last \
            seconds; "-" where nothing is sent. FLIGHT is requests in flight and how many there may be.

            Exit codes: 0 at least one instance answered; 64 usage; 66 no key; 69 none did; 77 the key is \
            not accepted; 78 a setting will not do.
            """)

    private static let watchEvery = Duration.seconds(1)

    @OptionGroup var ports: AdminOptions
    @Flag(help: "One JSON document: the instances' own, in a list.")
    var json = false
    @Flag(help: "Again every second, until interrupted.")
    var watch = false

    func run() async throws {
        try await CommandFault.exiting("status") {
            let settings = try Settings.load(path: ports.config)
            let urls = try ports.urls(settings)
            let name = try settings.optionalPath("campaign")?.split(separator: "/").last.map(String.init)
            let line = AdminLine(key: try ports.key())
            defer { line.close() }
            repeat {
                let page = try await page(line, urls, name ?? "")
                watch && !json ? CommandOutput.page(page) : CommandOutput.say(page)
                if watch { try await ContinuousClock().sleep(for: Self.watchEvery) }
            } while watch
        }
    }

    private func page(_ line: AdminLine, _ urls: [String], _ campaign: String) async throws -> String {
        var (bodies, reports, deaf) = ([[UInt8]](), [DelivererStatusReport](), [String]())
        for url in urls {
            do throws(CommandFault) {
                let body = try await line.ask(url, "/v1/admin/status")
                do throws(JSONError) {
                    reports.append(try DelivererStatusReport.decode(body))
                    bodies.append(body)
                } catch {
                    deaf.append("\(url) is no Deliverer: \(error)")
                }
            } catch {
                guard error.exitCode != CommandFault.noPermission else { throw error }
                deaf.append(error.description)
            }
        }
        // Somebody who watches wants to see them come back.
        if reports.isEmpty, !watch {
            throw CommandFault(CommandFault.unavailable, deaf.joined(separator: "; "))
        }
        if json {
            return "[" + bodies.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") + "]"
        }
        return StatusTable(campaign: campaign, sum: StatusSum(reports), deaf: deaf).text
    }
}
