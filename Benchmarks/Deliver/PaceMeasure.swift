import Bench
import Stack

/// What happens in the middle of a run whose windows are looked at.
enum PaceScene: String, CaseIterable {
    case plain
    case three
    case stop
    case restart
    case rebalance
    case limit

    var instances: Int { self == .three || self == .rebalance ? 3 : 1 }

    var title: String {
        switch self {
        case .plain: "one"
        case .three: "three"
        case .stop: "one, stopped for 3 s"
        case .restart: "one, started again"
        case .rebalance: "three, one leaves and comes"
        case .limit: "one, limit halved"
        }
    }
}

/// Limits as the receiver sees them, by its own clock, under backlog: a game of 10/s, one of 500/s, and eight
/// more that only the total limit of 5,000/s holds.
///
/// The windows are those of the whole log, from the first request to the last; the share of a limit used is
/// of the time in which a sender could run: not while it was stopped, and not from the begin of a start or a
/// rebalance to 2 s after the last partition was assigned, which is how long a new owner waits.
struct PaceMeasure {
    private static let slow = DeliverCampaign.Game(perSecond: 10, burst: 10, concurrency: 5)
    private static let middle = DeliverCampaign.Game(perSecond: 500, burst: 75, concurrency: 50)
    private static let rest = DeliverCampaign.Game(perSecond: 1_000, burst: 150, concurrency: 50)
    private static let total = DeliverCampaign.Total(perSecond: 5_000, burst: 750)
    private static let leastUsed = 0.98
    private static let stopSeconds = 3.0
    /// For starts and rebalances: their time is no part of a run's length.
    private static let marginSeconds = 20.0

    /// Times of what was done, Unix seconds.
    private struct Course {
        var from = 0.0
        var until = 0.0
        var stops: [(Double, Double)] = []
        var rebalances: [Double] = []
        var logs: [String] = []
        /// When the 500/s game's limit was halved.
        var halvedAt: Double?
    }

    let stage: DeliverStage

    func run() async throws -> [ResultRow] {
        var rows: [ResultRow] = []
        for scene in stage.options.scenes { rows += try await play(scene) }
        return rows
    }

    private func play(_ scene: PaceScene) async throws -> [ResultRow] {
        stage.say("pace: \(scene.title), \(stage.options.paceLength) s")
        let games = [Self.slow, Self.middle] + (2..<Sink.games).map { _ in Self.rest }
        let orders = queue(games)
        let house = try DeliverHouse(
            stage, games: games, total: Self.total, orders: orders.max() ?? 0)
        defer { house.stop() }
        try await OrderQueue.fill(house, orders: orders)
        var course = Course()
        let began = DeliverStage.now
        course.rebalances.append(began)
        for _ in 0..<scene.instances { course.logs.append(try house.startDeliverer().process.logPath) }
        try house.awaitFlow(Self.total.perSecond / 2)
        course.from = DeliverStage.now + SinkVerdict.ownerWaitSeconds
        DeliverStage.pass(seconds: SinkVerdict.ownerWaitSeconds)
        guard try act(scene, house, &course) else {
            return [
                ResultRow(
                    "\(scene.title): not measured", ours: 0, unit: "", better: .higher,
                    note: "no POST /v1/admin/limits/{game}")
            ]
        }
        course.until = DeliverStage.now
        try house.demandRunning()
        house.sink.settleLog()
        let verdict = try judge(scene, house, course, orders)
        stage.say(
            "  open \(Figure.text(verdict.openSeconds)) s, closed \(Figure.text(verdict.closedSeconds)) s")
        return rows(scene, verdict)
    }

    /// Enough that no game's queue runs dry.
    private func queue(_ games: [DeliverCampaign.Game]) -> [Int] {
        let seconds = Double(stage.options.paceLength) + Self.marginSeconds + 15
        let others = (Self.total.perSecond - Self.slow.perSecond - Self.middle.perSecond)
        return games.enumerated().map { slot, game in
            let rate = slot < 2 ? game.perSecond : others / Double(games.count - 2)
            return Int((rate * seconds * 1.1).rounded(.up))
        }
    }

    /// Plays the scene to its end. False: this Deliverer cannot.
    private func act(_ scene: PaceScene, _ house: DeliverHouse, _ course: inout Course) throws -> Bool {
        let third = Double(stage.options.paceLength) / 3
        switch scene {
        case .plain, .three: DeliverStage.pass(seconds: 3 * third)
        case .stop:
            DeliverStage.pass(seconds: third)
            let stopped = DeliverStage.now
            house.deliverers[0].process.pause()
            DeliverStage.pass(seconds: Self.stopSeconds)
            house.deliverers[0].process.resume()
            course.stops.append((stopped, DeliverStage.now))
            DeliverStage.pass(seconds: 2 * third)
        case .restart:
            DeliverStage.pass(seconds: third)
            course.rebalances.append(DeliverStage.now)
            try house.end(house.deliverers[0])
            course.logs.append(try house.startDeliverer().process.logPath)
            DeliverStage.pass(seconds: Self.marginSeconds / 2 + 2 * third)
        case .rebalance:
            DeliverStage.pass(seconds: third)
            course.rebalances.append(DeliverStage.now)
            try house.end(house.deliverers[0])
            DeliverStage.pass(seconds: Self.marginSeconds / 2 + third)
            course.rebalances.append(DeliverStage.now)
            course.logs.append(try house.startDeliverer().process.logPath)
            DeliverStage.pass(seconds: Self.marginSeconds / 2 + third)
        case .limit:
            DeliverStage.pass(seconds: third)
            let middle = Self.middle
            guard
                try house.deliverers[0].setLimit(
                    game: "game-1", perSecond: middle.perSecond / 2, burst: middle.burst,
                    concurrency: middle.concurrency)
            else { return false }
            course.halvedAt = DeliverStage.now
            DeliverStage.pass(seconds: 2 * third)
        }
        return true
    }

    private func judge(
        _ scene: PaceScene, _ house: DeliverHouse, _ course: Course, _ orders: [Int]
    ) throws -> SinkVerdict {
        func step(_ game: DeliverCampaign.Game, at: Double = 0) -> SinkVerdict.Step {
            .init(at: at, perSecond: game.perSecond, burst: game.burst)
        }
        var middle = [step(Self.middle)]
        if let at = course.halvedAt {
            let half = Self.middle.limit(Self.middle.perSecond / 2, burst: Self.middle.burst)
            middle.append(step(half, at: at))
        }
        let total = SinkVerdict.Step(at: 0, perSecond: Self.total.perSecond, burst: Self.total.burst)
        var groups = [
            SinkVerdict.Group(name: "10/s", games: [0], steps: [step(Self.slow)]),
            SinkVerdict.Group(name: "500/s", games: [1], steps: middle),
            SinkVerdict.Group(name: "5,000/s in total", games: [], steps: [total]),
        ]
        for game in 2..<Sink.games {
            groups.append(.init(name: "game \(game)", games: [game], steps: [step(Self.rest)]))
        }
        let verdict = try SinkVerdict.ask(
            stage,
            .init(
                log: house.sink.log, from: course.from, until: course.until, closed: course.stops,
                rebalances: course.rebalances.map { .init(at: $0, logs: course.logs) }, groups: groups))
        guard verdict.rebalancesUnseen == 0 else {
            throw StackFailure("\(verdict.rebalancesUnseen) rebalances without an assignment in the logs")
        }
        for (group, queued) in zip([0, 1] + Array(3..<verdict.groups.count), orders) {
            let answer = verdict.groups[group]
            // Whoever is too fast empties its queue; its windows tell.
            guard answer.count < queued || answer.second.over > 0 else {
                throw StackFailure("the queue of \(answer.name) ran dry")
            }
        }
        return verdict
    }

    private func rows(_ scene: PaceScene, _ verdict: SinkVerdict) -> [ResultRow] {
        var rows: [ResultRow] = []
        for group in verdict.groups.prefix(3) {
            rows.append(
                ResultRow(
                    "\(scene.title): \(group.name), highest 1 s", ours: Double(group.second.count), unit: "",
                    better: .lower, peer: group.second.allowed, peerName: "limit + burst", pass: 1,
                    note: group.second.over == 0 ? "" : "\(group.second.over) windows over"))
            rows.append(
                ResultRow(
                    "  highest 100 ms", ours: Double(group.tenth.count), unit: "", better: .lower,
                    peer: group.tenth.allowed, peerName: "limit / 10 + burst"))
            var used = ResultRow(
                "  of the limit used", ours: (group.used ?? 0) * 100, unit: "%", better: .higher, peer: 100,
                peerName: "the limit", pass: Self.leastUsed,
                note: "of \(Figure.text(verdict.openSeconds)) s; "
                    + "\(Figure.text(verdict.closedSeconds)) s of stops and new owners' waits left out")
            // A count of whole requests: where a limit lets few through, one more or less is no share.
            if let permitted = group.used, permitted > 0 { used.ratio = permitted }
            rows.append(used)
        }
        let worst = verdict.groups.dropFirst(3).max {
            Double($0.second.count) / $0.second.allowed < Double($1.second.count) / $1.second.allowed
        }
        if let worst {
            rows.append(
                ResultRow(
                    "  the other games, highest 1 s of any", ours: Double(worst.second.count), unit: "",
                    better: .lower, peer: worst.second.allowed, peerName: "limit + burst", pass: 1))
        }
        return rows
    }
}
