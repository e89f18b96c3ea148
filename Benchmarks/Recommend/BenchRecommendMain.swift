import ArgumentParser
import Bench
import Foundation
import Glibc
import Stack

// bench-recommend: Recommend beside its peers on this machine.
//
// Everything runs on private ports of 127.0.0.1 in a run directory under .run and ends with this process. The
// side under test has one core to itself; wrk, Redis, the games' doubles and this process share another,
// alike for both sides. Sides run in turn, in pairs whose order alternates; a figure is the median over the
// pairs, a ratio the median of the pairs' ratios, and a ratio of throughputs is void where the side under
// test did not keep its core busy, because something else was measured then.
//
// What is random comes from one seed. What is measured with wrk sends requests that were made beforehand, the
// same to both sides.

@main
struct BenchRecommend: AsyncParsableCommand {
    private static let measures = ["cached", "tickets", "store", "latency", "packs", "people"]

    static let configuration = CommandConfiguration(
        commandName: "bench-recommend",
        abstract: "Measures Recommend beside nginx: prints a table and writes .run/bench/recommend.json.",
        discussion: """
            Measures: \(measures.joined(separator: ", ")). Needs two cores, nginx with its Lua module, \
            lua-nginx-redis, wrk and redis-server. A ratio is ours ÷ the peer's.
            """)

    @OptionGroup var options: BenchOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let wanted = try Self.measures.filter { try options.wants($0, of: Self.measures) }
        let stage = try Stage(options)
        do {
            let machine = machine(stage)
            let rows = try await rows(wanted, stage)
            print(machine.text)
            print()
            print(ResultTable(rows).text)
            if options.pairs < BenchOptions.leastPairs {
                print("\nFewer than \(BenchOptions.leastPairs) pairs: good for developing, not for a result.")
            }
            print("\n\(try ResultFile.write(rows, part: "recommend"))")
            stage.run.release()
        } catch {
            // What the children said stays there for reading; the children themselves are ended.
            stage.run.release(keepingFiles: true)
            throw error
        }
    }

    private func rows(_ wanted: [String], _ stage: Stage) async throws -> [ResultRow] {
        var rows: [ResultRow] = []
        var highest: Double?
        for measure in wanted {
            switch measure {
            case "cached":
                let cached = try await CachedMeasure(stage: stage).run()
                highest = cached.rate
                rows += cached.rows
            case "tickets": rows += try TicketMeasure(stage: stage).run()
            case "store": rows += try await StoreMeasure(stage: stage).run()
            case "latency":
                let rate: Double
                if let highest {
                    rate = highest
                } else {
                    rate = try await CachedMeasure(stage: stage).highestRate()
                }
                rows += try await LatencyMeasure(stage: stage, highest: rate).run()
            case "packs": rows += try await PacksMeasure(stage: stage).run()
            default: rows += try await PeopleMeasure(stage: stage).run()
            }
        }
        return rows
    }

    private func machine(_ stage: Stage) -> Machine {
        var machine = Machine.here()
        machine.ask("nginx", ["-v"], in: stage.run)
        machine.ask("wrk", ["-v"], in: stage.run)
        machine.ask("redis-server", ["--version"], in: stage.run)
        machine.ask("swift", ["--version"], in: stage.run)
        return machine
    }
}
