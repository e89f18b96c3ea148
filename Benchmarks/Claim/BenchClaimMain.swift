import ArgumentParser
import Bench
import Foundation
import Glibc
import Stack

// bench-claim: Claim beside its peers on this machine.
//
// Everything runs on private ports of 127.0.0.1 in a run directory under .run and ends with this process. One
// Claim process, Redis, the local broker and the load generator, which is this process, share
// two cores; the peer has the same two to itself. Sides run in turn, in pairs whose order alternates; a
// figure is the median over the pairs, a ratio the median of the pairs' ratios, and a ratio of throughputs is
// void where the side under test did not keep its cores busy, because something else was measured then.
//
// Every run has a new process and an empty Redis, so that no ticket and no coupon has been seen before;
// people's profiles are in Redis, as a nightly batch leaves them. Requests are made beforehand, from one
// seed.

@main
struct BenchClaim: AsyncParsableCommand {
    private static let measures = [
        "throughput", "fsync", "refusals", "ids", "latency", "memory", "outage",
    ]

    static let configuration = CommandConfiguration(
        commandName: "bench-claim",
        abstract: "Measures Claim beside redis-benchmark: prints a table and writes .run/bench/claim.json.",
        discussion: """
            Measures: \(measures.joined(separator: ", ")). Needs two cores, redis-server and \
            redis-benchmark. A ratio is ours ÷ the peer's.
            """)

    @OptionGroup var options: ClaimOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let wanted = try Self.measures.filter { try options.bench.wants($0, of: Self.measures) }
        let stage = try ClaimStage(options)
        do {
            let machine = machine(stage)
            let rows = try await rows(wanted, stage)
            print(machine.text)
            print()
            print(ResultTable(rows).text)
            if stage.pairs < BenchOptions.leastPairs {
                print("\nFewer than \(BenchOptions.leastPairs) pairs: good for developing, not for a result.")
            }
            print("\n\(try ResultFile.write(rows, part: "claim"))")
            stage.run.release()
        } catch {
            // What the children said stays there for reading; the children themselves are ended.
            stage.run.release(keepingFiles: true)
            throw error
        }
    }

    private func rows(_ wanted: [String], _ stage: ClaimStage) async throws -> [ResultRow] {
        var rows: [ResultRow] = []
        var highest: Double?
        var made: ClaimCrowd?
        func crowd() throws -> ClaimCrowd {
            let crowd = try made ?? ClaimCrowd(stage)
            made = crowd
            return crowd
        }
        for measure in wanted {
            switch measure {
            case "throughput":
                let result = try await ThroughputMeasure(stage: stage, crowd: crowd()).run()
                highest = result.highest
                rows += result.rows
            case "fsync": rows += try await FsyncMeasure(stage: stage, crowd: crowd()).run()
            case "refusals": rows += try await RefusalMeasure(stage: stage, crowd: crowd()).run()
            case "ids": rows += OrderIDMeasure(stage: stage).run()
            case "latency":
                let rate: Double
                if let highest {
                    rate = highest
                } else {
                    rate = try await ThroughputMeasure(stage: stage, crowd: crowd()).ours(16).rate
                }
                rows += try await LatencyMeasure(stage: stage, crowd: crowd(), highest: rate).run()
            case "memory": rows += try await MemoryMeasure(stage: stage).run()
            default: rows += try await OutageMeasure(stage: stage, crowd: crowd()).run()
            }
        }
        return rows
    }

    private func machine(_ stage: ClaimStage) -> Machine {
        var machine = Machine.here()
        machine.ask("redis-server", ["--version"], in: stage.run)
        machine.ask("redis-benchmark", ["--version"], in: stage.run)
        machine.ask("swift", ["--version"], in: stage.run)
        return machine
    }
}
