import ArgumentParser
import Bench

/// What this bench lets its caller choose beside what every bench does.
struct ClaimOptions: ParsableArguments {
    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Orders at which Redis's memory is looked at; may be given several times."))
    var orders: [Int] = []

    @Option(help: ArgumentHelp("How long Kafka is away, in seconds.", valueName: "seconds"))
    var outage: Int?

    @Option(help: ArgumentHelp("Claims a second that requests are made beforehand for.", valueName: "rate"))
    var most: Int = 70_000

    @Option(help: ArgumentHelp("Event loops of Claim."))
    var loops: Int = 2

    @Option(help: ArgumentHelp("Connections of the load generator, and of the peer's."))
    var connections: Int = 256

    @Option(help: ArgumentHelp("Let perf write what Claim did in a pipelined run.", valueName: "file"))
    var perf: String?

    func validate() throws {
        guard orders.allSatisfy({ (1000...100_000_000).contains($0) }) else {
            throw ValidationError("--orders is 1000 to 100000000")
        }
        guard (1...64).contains(loops), (1...1000).contains(connections) else {
            throw ValidationError("--loops is 1 to 64, --connections 1 to 1000")
        }
        guard (1...3600).contains(outageSeconds), (1000...1_000_000).contains(most) else {
            throw ValidationError("--outage is 1 to 3600, --most 1000 to 1000000")
        }
    }

    var orderCounts: [Int] {
        if !orders.isEmpty { return orders.sorted() }
        return bench.quick ? [100_000] : [1_000_000, 10_000_000]
    }
    var outageSeconds: Int { outage ?? (bench.quick ? 5 : 60) }
    var cores: [Int] { [bench.serverCore, bench.clientCore] }
}
