import ArgumentParser
import Bench
import Foundation
import Glibc
import Stack

// bench-deliver: Deliverer beside public load generators, and its promises as a receiver sees them.
//
// Everything runs on private ports of 127.0.0.1 in a run directory under .run and ends with this process. The
// receiver is nginx, whose log a script of its own judges (Benchmarks/Peers/deliver/pace.py), so that the
// verdict does not rest on anything of ours. Every run has an empty Redis and broker, and its orders are
// queued, the way Claim does it, before the Deliverer starts.
//
// Where processor time or a ceiling is measured, the side under test has one core to itself, and the stores,
// the sink and this process share the other.

@main
struct BenchDeliver: AsyncParsableCommand {
    private static let measures = ["cpu", "ceiling", "pace", "fairness", "drain"]

    static let configuration = CommandConfiguration(
        commandName: "bench-deliver",
        abstract: "Measures Deliverer at nginx: prints a table and writes .run/bench/deliver.json.",
        discussion: """
            Measures: \(measures.joined(separator: ", ")). Needs two cores, nginx, h2load, wrk, python3 and \
            redis-server. A ratio is ours ÷ the peer's.
            """)

    @OptionGroup var options: DeliverOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let wanted = try Self.measures.filter { try options.bench.wants($0, of: Self.measures) }
        let stage = try DeliverStage(options)
        var rows: [ResultRow] = []
        do {
            let machine = machine(stage)
            for measure in wanted { rows += try await self.rows(measure, stage) }
            print(machine.text)
            print()
            print(ResultTable(rows).text)
            if stage.pairs < BenchOptions.leastPairs {
                print("\nFewer than \(BenchOptions.leastPairs) pairs: good for developing, not for a result.")
            }
            print("\n\(try ResultFile.write(rows, part: "deliver"))")
            stage.run.release()
        } catch {
            // What was measured before is not lost, but no result.
            if !rows.isEmpty { print(ResultTable(rows).text) }
            // What the children said stays there for reading; the children themselves are ended.
            stage.run.release(keepingFiles: true)
            throw error
        }
    }

    private func rows(_ measure: String, _ stage: DeliverStage) async throws -> [ResultRow] {
        switch measure {
        case "cpu": try await CPUMeasure(stage: stage).run()
        case "ceiling": try await CeilingMeasure(stage: stage).run()
        case "pace": try await PaceMeasure(stage: stage).run()
        case "fairness": try await FairnessMeasure(stage: stage).run()
        default: try await DrainMeasure(stage: stage).run()
        }
    }

    private func machine(_ stage: DeliverStage) -> Machine {
        var machine = Machine.here()
        machine.ask("nginx", ["-v"], in: stage.run)
        machine.ask("h2load", ["--version"], in: stage.run)
        machine.ask("wrk", ["-v"], in: stage.run)
        machine.ask("redis-server", ["--version"], in: stage.run)
        machine.ask("swift", ["--version"], in: stage.run)
        return machine
    }
}
