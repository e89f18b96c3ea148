import Bench
import Stack

/// What a sender did in a stretch of time: deliveries as the sink counts them, processor time as the kernel
/// does.
struct SinkRun {
    var requests: Int
    var seconds: Double
    var processorSeconds: Double
    var threads: [(name: String, seconds: Double)]
    var connections: Int
    /// Of the core that the stores and the sink share, by name; empty where nobody looked.
    var others: [(name: String, busy: Double)] = []

    var rate: Double { Double(requests) / seconds }
    /// Processor time a request, in µs.
    var cost: Double { processorSeconds * 1e6 / Double(max(1, requests)) }
    /// Of one core.
    var busy: Double { processorSeconds / seconds }
    var text: String {
        "\(Figure.text(rate)) a second, \(Figure.text(cost)) µs each, \(percent(busy)) of a core, "
            + "\(connections) connections"
            + (others.isEmpty ? "" : "; beside it " + othersText)
    }

    var othersText: String {
        others.map { "\($0.name) \(percent($0.busy))" }.joined(separator: ", ")
    }

    /// Looks at a deliverer and all that it stands on now and again after so many seconds.
    static func watch(
        _ deliverer: DelivererProcess, _ house: DeliverHouse, seconds: Double
    ) throws -> SinkRun {
        let others = [
            ("redis", try ProcessWatch(pid: house.redis.process.pid)),
            ("broker", try ProcessWatch(pid: house.kafka.process.pid)),
            ("nginx", try ProcessWatch(pid: house.sink.process.pid)),
        ]
        var run = try watch(deliverer.process.pid, house.sink, seconds: seconds)
        run.others = try others.map { ($0.0, try $0.1.busy()) }
        return run
    }

    /// Looks at both now and again after so many seconds.
    static func watch(_ sender: Int32, _ sink: Sink, seconds: Double) throws -> SinkRun {
        let startedAt = ContinuousClock.now
        let threads = try ThreadTimes.of(pid: sender)
        let watch = try ProcessWatch(pid: sender)
        let before = try sink.counts()
        DeliverStage.pass(seconds: seconds)
        let (after, used) = (try sink.counts(), try watch.used())
        return SinkRun(
            requests: after.requests - before.requests - 1,
            seconds: (ContinuousClock.now - startedAt) / .seconds(1), processorSeconds: used,
            threads: try ThreadTimes.of(pid: sender).since(threads), connections: after.connections)
    }
}
