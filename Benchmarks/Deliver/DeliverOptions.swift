import ArgumentParser
import Bench

/// What this bench lets its caller choose beside what every bench does.
struct DeliverOptions: ParsableArguments {
    @OptionGroup var bench: BenchOptions

    @Option(help: ArgumentHelp("Length of a run at 5,000/s, in seconds.", valueName: "seconds"))
    var cpuSeconds: Int?

    @Option(
        help: ArgumentHelp("Length of a run whose windows are looked at, in seconds.", valueName: "seconds"))
    var paceSeconds: Int?

    @Option(help: ArgumentHelp("Only this scene of `pace`; may be given several times.", valueName: "scene"))
    var scene: [String] = []

    @Option(help: ArgumentHelp("Orders that are queued and drained."))
    var orders: Int?

    @Option(
        help: ArgumentHelp(
            "Let perf write what the Deliverer did in the first run at 5,000/s.", valueName: "file"))
    var perf: String?

    func validate() throws {
        guard (5...3600).contains(cpuLength), (10...3600).contains(paceLength) else {
            throw ValidationError("--cpu-seconds is 5 to 3600, --pace-seconds 10 to 3600")
        }
        guard (4000...10_000_000).contains(drainOrders) else {
            throw ValidationError("--orders is 4000 to 10000000")
        }
        for name in scene where PaceScene(rawValue: name) == nil {
            let names = PaceScene.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(name) is no scene; there are \(names)")
        }
    }

    var cpuLength: Int { cpuSeconds ?? (bench.quick ? 5 : 30) }
    var paceLength: Int { paceSeconds ?? (bench.quick ? 15 : 60) }
    var drainOrders: Int { orders ?? (bench.quick ? 100_000 : 1_000_000) }
    var scenes: [PaceScene] {
        PaceScene.allCases.filter { scene.isEmpty || scene.contains($0.rawValue) }
    }
}
