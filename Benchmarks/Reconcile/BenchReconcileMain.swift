import ArgumentParser
import Bench
import Foundation
import Glibc
import Stack

// bench-reconcile: `reconciler diff` over files beside DuckDB and polars, answering the same two anti-joins.
//
// The files are written by this program, from one seed, and used again when they are there: one hundred a
// side, decimal text, one ID a line, either our own IDs (dense within lanes and shards, in the order in which
// a campaign would have made them, sent a little out of order) or random 64-bit numbers. Both sides of the
// bench read the same files, with two threads; a script times both and asks the kernel for their peak memory.
// What they answer is compared with what was put into the files.
//
// From Kafka: the records of a campaign of one game stand in LocalKafka, in batches as a claim server under
// load writes them. `reconciler run` reads and judges them all, beside `kcat -C` that throws the same topic
// away; `reconciler rebuild` makes an empty Redis whole from them; `reconciler verify` says whether it is.

struct ReconcileOptions: ParsableArguments {
    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Order IDs a side.", valueName: "n"))
    var orders: Int = 100_000_000

    @Option(help: ArgumentHelp("Orders read from Kafka, and from which Redis is rebuilt.", valueName: "n"))
    var recorded: Int = 10_000_000

    @Option(
        help: ArgumentHelp("Where the files of IDs are, and stay; 8 GB at the full size.", valueName: "dir"))
    var data: String = ".run/bench/reconcile-data"

    mutating func validate() throws {
        guard (100_000...1_000_000_000).contains(orders) else {
            throw ValidationError("--orders is 100000 to 1000000000")
        }
        guard (10_000...20_000_000).contains(recorded) else {
            throw ValidationError("--recorded is 10000 to 20000000")
        }
        if bench.quick { (orders, recorded) = (min(orders, 1_000_000), min(recorded, 200_000)) }
    }
}

@main
struct BenchReconcile: AsyncParsableCommand {
    private static let measures = ["dense", "random", "growth", "incremental", "kafka", "rebuild"]

    static let configuration = CommandConfiguration(
        commandName: "bench-reconcile",
        abstract: "Measures the diff beside DuckDB: prints a table and writes .run/bench/reconcile.json.",
        discussion: """
            Measures: \(measures.joined(separator: ", ")). Needs python3 with pip, which installs DuckDB and \
            polars beside the data, and kcat and redis-server from the system. A ratio is ours ÷ the peer's.
            """)

    @OptionGroup var options: ReconcileOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let wanted = try Self.measures.filter { try options.bench.wants($0, of: Self.measures) }
        let stage = try ReconcileStage(options)
        var rows: [ResultRow] = []
        do {
            for measure in wanted {
                switch measure {
                case "dense": rows += try SideBySide(stage: stage, form: .dense).run()
                case "random": rows += try SideBySide(stage: stage, form: .random).run()
                case "growth": rows += try GrowthMeasure(stage: stage).run()
                case "incremental": rows += try IncrementalMeasure(stage: stage).run()
                case "kafka": rows += try await KafkaMeasure(stage: stage).run()
                default: rows += try await RebuildMeasure(stage: stage).run()
                }
            }
            print(machine(stage).text)
            print()
            print(ResultTable(rows).text)
            if options.bench.pairs < BenchOptions.leastPairs {
                print("\nFewer than \(BenchOptions.leastPairs) pairs: good for developing, not for a result.")
            }
            print("\n\(try ResultFile.write(rows, part: "reconcile"))")
            stage.run.release()
        } catch {
            if !rows.isEmpty { print(ResultTable(rows).text) }
            stage.run.release(keepingFiles: true)
            throw error
        }
    }

    private func machine(_ stage: ReconcileStage) -> Machine {
        var machine = Machine.here()
        machine.ask("python3", ["--version"], in: stage.run)
        machine.ask("swift", ["--version"], in: stage.run)
        machine.programs += stage.peerVersions
        return machine
    }
}
