import Bench
import Foundation
import Stack

/// One run's world: an empty Redis and broker, the sink, a campaign; deliverers come and go in it.
final class DeliverHouse {
    let sink: Sink
    let campaign: DeliverCampaign
    let redis: RedisServer
    let kafka: LocalKafkaServer
    private(set) var deliverers: [DelivererProcess] = []
    private let stage: DeliverStage
    private var started = 0

    /// - Parameters:
    ///   - games: of slot 0, 1, …; a game without a port gets the sink's.
    ///   - orders: the most of one game that is to be queued.
    init(
        _ stage: DeliverStage, games: [DeliverCampaign.Game], total: DeliverCampaign.Total, orders: Int,
        sink: Sink? = nil
    ) throws {
        self.stage = stage
        let nginx = try sink ?? Sink(stage)
        self.sink = nginx
        let placed = games.enumerated().map { slot, game in
            var game = game
            if game.port == 0 { game.port = nginx.gamePorts[slot] }
            return game
        }
        campaign = try DeliverCampaign(stage, games: placed, total: total, orders: orders)
        redis = try RedisServer(in: stage.run, name: stage.childName("redis"))
        kafka = try LocalKafkaServer(
            in: stage.run, topics: .campaign(directory: campaign.directory), name: stage.childName("kafka"))
    }

    /// Starts one more.
    ///
    /// - Parameter cores: that it is bound to; nil: the machine's two.
    @discardableResult
    func startDeliverer(cores: [Core]? = nil) throws -> DelivererProcess {
        started += 1
        let deliverer = try DelivererProcess(
            stage, self, cores: cores ?? [stage.server, stage.client])
        deliverers.append(deliverer)
        return deliverer
    }

    /// SIGTERM, and waits for its end.
    func end(_ deliverer: DelivererProcess) throws {
        deliverers.removeAll { $0 === deliverer }
        let exit = deliverer.process.terminate(grace: .seconds(30))
        guard exit == .code(0) else {
            throw StackFailure("a deliverer ended with \(exit)\n\(deliverer.process.logTail())")
        }
    }

    /// Requests a second that the sink takes, over so many seconds.
    func flow(over seconds: Double) throws -> Double {
        let (before, at) = (try sink.counts().requests, DeliverStage.now)
        DeliverStage.pass(seconds: seconds)
        return Double(try sink.counts().requests - before - 1) / (DeliverStage.now - at)
    }

    /// Waits until the sink takes at least so many requests a second.
    func awaitFlow(_ perSecond: Double, within limit: Duration = .seconds(60)) throws {
        let deadline = Deadline(after: limit)
        var last = 0.0
        while !deadline.hasPassed {
            last = try flow(over: 0.5)
            if last >= perSecond { return }
            try demandRunning()
        }
        throw StackFailure(
            "\(Figure.text(last)) deliveries a second where \(Figure.text(perSecond)) were to be reached\n"
                + (deliverers.first?.process.logTail() ?? ""))
    }

    func demandRunning() throws {
        for deliverer in deliverers {
            if let exit = deliverer.process.exit {
                throw StackFailure("a deliverer ended with \(exit)\n\(deliverer.process.logTail())")
            }
        }
    }

    /// - Parameter keepingSink: it belongs to several runs.
    func stop(keepingSink: Bool = false) {
        for deliverer in deliverers { deliverer.process.kill() }
        deliverers = []
        kafka.process.kill()
        redis.kill9()
        if !keepingSink { sink.stop() }
    }
}
