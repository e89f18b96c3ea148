import ArgumentParser
import Foundation
import Testing

@testable import Recommend

@Suite("recommend check")
struct StaticDataCheckTests {
    /// A copy of StaticData in which a test may break something.
    private func copy() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for part in ["campaigns", "web"] {
            try FileManager.default.copyItem(
                atPath: "\(ShippedCampaign.staticData)/\(part)", toPath: "\(directory.path)/\(part)")
        }
        return directory
    }

    private func report(
        _ directory: String, environment: [String: String] = [:], allowUnset: Bool = true
    ) -> StaticDataCheck.Report {
        StaticDataCheck(directory: directory, environment: environment, allowUnset: allowUnset).report()
    }

    private func replace(_ old: String, _ new: String, in file: String, of directory: TemporaryDirectory)
        throws
    {
        let name = "campaigns/spring-festival/\(file)"
        let text = try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
        #expect(text.contains(old))
        try directory.write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    @Test("what is shipped is good", arguments: ["", "/", "/campaigns/spring-festival"])
    func shipped(_ below: String) {
        let report = report(ShippedCampaign.staticData + below)
        #expect(report.faults == [])
        #expect(report.summaries.count == 1)
        #expect(
            report.summaries.first?.contains("10 games (5000/s together, 5000/s in all), 40 gift packs")
                ?? false)
    }

    @Test("each fault is a line of file, path and reason")
    func faults() throws {
        let directory = try copy()
        try replace("\"game\": \"paper-kites\"", "\"game\": \"paper-boats\"", in: "gifts.json", of: directory)
        try replace("\"perSecond\": 1500", "\"perSecond\": 9000", in: "games.json", of: directory)
        try replace("2027-12-31", "2025-12-31", in: "campaign.json", of: directory)
        let lines = report(directory.path).faults
        let campaign = "\(directory.path)/campaigns/spring-festival"
        #expect(lines.contains("\(campaign)/campaign.json: closesAt: must be after opensAt"))
        #expect(
            lines.contains {
                $0.hasPrefix("\(campaign)/games.json: games[0].limit.perSecond: 9000.0 is above")
            })
        #expect(
            lines.contains("\(campaign)/gifts.json: gifts[28].game: no game \"paper-boats\" in games.json"))
        #expect(lines.count == 6)
        #expect(report(directory.path).summaries == [])
    }

    @Test("an image that is not there is a fault, by the gift's id")
    func image() throws {
        let directory = try copy()
        try FileManager.default.removeItem(atPath: "\(directory.path)/web/gifts/moon-rabbit.svg")
        let lines = report(directory.path).faults
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.contains("gifts.json: gifts(moon-") && $0.contains("moon-rabbit.svg") })
    }

    @Test("a file, a campaign or the whole directory that is not there is a fault")
    func missing() throws {
        let directory = try copy()
        try FileManager.default.removeItem(
            atPath: "\(directory.path)/campaigns/spring-festival/games.json")
        #expect(
            report(directory.path).faults == [
                "\(directory.path)/campaigns/spring-festival/games.json: $: No such file or directory"
            ])
        try FileManager.default.removeItem(atPath: "\(directory.path)/campaigns/spring-festival")
        #expect(report(directory.path).faults == ["\(directory.path)/campaigns: $: holds no campaign"])
        #expect(report("/nowhere").faults == ["/nowhere/campaigns: $: No such file or directory"])
    }

    @Test("unset placeholders count as 1, or are faults when they may not be unset")
    func placeholders() {
        let strict = report(ShippedCampaign.staticData, allowUnset: false)
        #expect(strict.faults.count == 29)
        #expect(strict.faults.allSatisfy { $0.hasSuffix("is not set in the environment") })
        let set = ["HONGBAO_GAMES_PORT": "8001", "HONGBAO_ROLES_PORT": "8002"]
        #expect(report(ShippedCampaign.staticData, environment: set, allowUnset: false).faults == [])
        let odd = ["HONGBAO_GAMES_PORT": "x", "HONGBAO_ROLES_PORT": "8002"]
        #expect(!report(ShippedCampaign.staticData, environment: odd).faults.isEmpty)
    }

    @Test("the command exits with 65 on faults, and takes its flag both ways")
    func command() throws {
        try Check.parse([ShippedCampaign.staticData]).run()
        #expect(try Check.parse(["x"]).allowUnset)
        #expect(try Check.parse(["x", "--allow-unset"]).allowUnset)
        #expect(try !Check.parse(["x", "--no-allow-unset"]).allowUnset)
        #expect(throws: ExitCode(65)) { try Check.parse(["/nowhere"]).run() }
    }
}
