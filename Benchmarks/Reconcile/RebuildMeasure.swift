import Bench
import Stack

/// An empty Redis made whole from Kafka, and whether it is.
struct RebuildMeasure {
    let stage: ReconcileStage

    func run() async throws -> [ResultRow] {
        let orders = stage.options.recorded
        let house = try await RecordedHouse(stage, orders: orders)
        let settings = try house.settings()
        let reconciler = try ServiceProgram.locate("reconciler")
        func rate(_ verb: String, _ arguments: [String], _ expected: String) throws -> ResultRow {
            let (timing, said) = try stage.time(
                verb, [reconciler, verb, "--config", settings] + arguments)
            guard said.contains(expected) else { throw StackFailure("\(verb): \(said)") }
            stage.say("\(verb): \(timing.text)")
            return ResultRow(
                "\(verb), \(Figure.text(Double(orders))) orders", ours: Double(orders) / timing.seconds,
                unit: "orders/s", better: .higher,
                note: "\(Figure.text(timing.seconds)) s, peak \(Figure.text(timing.peakMiB)) MiB")
        }
        return [
            try rate("rebuild", [], "redis was rebuilt"), try rate("verify", [], "the stores agree"),
            try rate("run", ["--too-young", "0"], "\(orders) accepted"),
        ]
    }
}
