import Catalog
import Profiles
import Testing

@testable import Recommend
@testable import Simulator

/// Logs as the simulator writes them.
enum SimulatedLog {
    /// The lines of `simulator logs`.
    static func lines(people: Int, visits: Int, seed: UInt64, catalog: Catalog) -> [[UInt8]] {
        var script = VisitScript(people: people, visits: visits, seed: seed, catalog: catalog)
        var lines: [[UInt8]] = []
        while let visit = script.nextVisit() {
            lines.append(
                VisitLine.visit(
                    visit, user: script.firstUser + UInt64(visit.person),
                    games: script.games(of: visit.person), catalog: catalog))
        }
        return lines
    }

    static func log(people: Int, visits: Int, seed: UInt64, catalog: Catalog) throws -> ClaimLog {
        var log = ClaimLog(catalog: catalog)
        for line in lines(people: people, visits: visits, seed: seed, catalog: catalog) {
            log.append(try ClaimLog.visit(line, catalog: catalog))
        }
        return log
    }

    static func write(_ lines: [[UInt8]], to name: String, in directory: TemporaryDirectory) throws -> String
    {
        let text = lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
        try directory.write(text, to: name)
        return "\(directory.path)/\(name)"
    }
}
