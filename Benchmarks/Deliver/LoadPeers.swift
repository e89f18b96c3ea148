import Bench
import Stack

/// The public load generators that make our deliveries' requests, on the core that ours has otherwise.
struct LoadPeers {
    /// Before a peer is looked at, in seconds.
    private static let warmSeconds = 1.0

    let stage: DeliverStage
    let sample: SampleRequest

    /// `h2load --h1 --rps`: a timer a connection; ten games' paths, one port.
    func h2load(_ sink: Sink, perSecond: Double, connections: Int, seconds: Int) throws -> SinkRun {
        let port = sink.gamePorts[0]
        var arguments = [
            "-t1", "-c\(connections)", "--h1", "--rps=\(perSecond / Double(connections))",
            "-D\(seconds + 5)", "-d", sample.bodyFile,
        ]
        for header in sample.headers { arguments += ["-H", header] }
        for game in 0..<Sink.games {
            arguments.append("http://127.0.0.1:\(port)\(DeliverCampaign.uri(game))")
        }
        let peer = try stage.server.start(
            name: stage.childName("h2load"), executable: try ServiceProgram.locateInPath("h2load"),
            arguments: arguments, in: stage.run)
        defer { peer.kill() }
        DeliverStage.pass(seconds: Self.warmSeconds)
        let run = try SinkRun.watch(peer.pid, sink, seconds: Double(seconds))
        guard peer.isRunning else { throw StackFailure("h2load ended early: \(peer.logTail())") }
        return run
    }

    /// `wrk -t1`, as fast as it goes.
    func wrk(_ sink: Sink, connections: Int, seconds: Int) throws -> SinkRun {
        let peer = try stage.server.start(
            name: stage.childName("wrk"), executable: try ServiceProgram.locateInPath("wrk"),
            arguments: [
                "-t1", "-c\(connections)", "-d\(seconds + 5)s", "-s", "\(stage.peers)/post.lua",
                "http://127.0.0.1:\(sink.gamePorts[0])", "--", sample.bodyFile,
            ] + sample.headers, in: stage.run)
        defer { peer.kill() }
        DeliverStage.pass(seconds: Self.warmSeconds)
        let run = try SinkRun.watch(peer.pid, sink, seconds: Double(seconds))
        guard peer.isRunning else { throw StackFailure("wrk ended early: \(peer.logTail())") }
        return run
    }
}
