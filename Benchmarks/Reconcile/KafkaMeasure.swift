import Bench
import Stack

/// All records of a topic, read and judged, beside kcat that throws them away.
struct KafkaMeasure {
    let stage: ReconcileStage

    func run() async throws -> [ResultRow] {
        let orders = stage.options.recorded
        let house = try await RecordedHouse(stage, orders: orders)
        let settings = try house.settings()
        let (reconciler, kcat) = (
            try ServiceProgram.locate("reconciler"), try ServiceProgram.locateInPath("kcat")
        )
        var peak = 0.0
        var reading: [Double] = []
        let pairs = try PairSeries(
            stage.pairs,
            ours: {
                let (timing, said) = try stage.time(
                    "run", [reconciler, "run", "--config", settings, "--too-young", "0"])
                // The classes add up, or the run fails; nothing was delivered, so that all are queued.
                guard said.contains("\(orders) accepted = "), said.contains("\(orders) queued") else {
                    throw StackFailure("run does not count \(orders): \(said)")
                }
                stage.say("  ours: \(timing.text)")
                peak = max(peak, timing.peakMiB)
                guard let readMs = said.firstMatch(of: /read in (\d+) ms/).flatMap({ Double($0.1) }) else {
                    throw StackFailure("run does not say how long it read: \(said)")
                }
                reading.append(Double(orders) / readMs * 1000)
                return Sample(Double(orders) / timing.seconds)
            },
            peer: {
                let (timing, _) = try stage.time(
                    "kcat",
                    [
                        kcat, "-C", "-b", house.kafka.bootstrap, "-t", house.topic, "-o", "beginning", "-e",
                        "-q", "-f", "",
                    ])
                stage.say("  kcat: \(timing.text)")
                return Sample(Double(orders) / timing.seconds)
            })
        return [
            ResultRow(
                "run over \(Figure.text(Double(orders))) orders in Kafka", pairs, unit: "records/s",
                better: .higher, peerName: "kcat -C", note: "read and judged, peak \(Figure.text(peak)) MiB"),
            ResultRow(
                "of that, reading, by its own clock", ours: Median.of(reading), unit: "records/s",
                better: .higher, peer: pairs.peerMedian, peerName: "kcat -C", pass: 0.8,
                note: "decoded and put aside by shard"),
        ]
    }
}
