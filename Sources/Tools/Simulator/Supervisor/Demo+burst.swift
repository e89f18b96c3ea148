import Catalog
import Foundation
import NIOPosix
import Orders

/// The burst: everybody claims at once, and the house is struck while they do.
extension Demo {
    /// What is done to the house while people claim, when so many of a hundred of them are through.
    private enum Blow: CaseIterable {
        case hang, killClaim, killDeliverer

        var percent: Int {
            switch self {
            case .hang: 15
            case .killClaim: 35
            case .killDeliverer: 50
            }
        }
    }

    func burst(_ crowd: Crowd) async throws -> (people: CrowdRun.Result, loss: Loss) {
        let run = try crowd.prepare(on: group.next())
        async let result = crowd.run(run)
        var progress = ProgressLine()
        var blows = Blow.allCases
        let losing = Losing()
        while !run.progress.now.isDone || !losing.isDone {
            try checkHealth()
            let now = run.progress.now
            progress.show(
                "\(now.finished.grouped) people through, \(now.accepted.grouped) claims accepted,"
                    + " \(now.callsRepeated.grouped) calls made again")
            if let blow = blows.first, now.finished * 100 >= now.people * blow.percent {
                blows.removeFirst()
                let deed = try strike(blow)
                Terminal.say("  \(deed)")
                if blow == .killDeliverer { losing.start { [self] in try lose() } }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let people = try await result
        Terminal.say("  everybody has a final answer")
        return (people, try losing.loss())
    }

    private func strike(_ blow: Blow) throws -> String {
        switch blow {
        case .hang:
            let game = catalog.games[1]
            try view.setFaults(game.id, #"{"hang_ms":5000}"#)
            return "\(game.id) hangs for 5 s"
        case .killClaim:
            house.kill9("claim")
            return "kill -9 of claim"
        case .killDeliverer:
            house.kill9("deliverer", hold: true)
            return "kill -9 of deliverer"
        }
    }

    /// While no deliverer runs, moves its mark behind a handful of records that no game has seen; then lets
    /// it start again. Blocking.
    private func lose() throws -> Loss {
        defer { house.release("deliverer") }
        let queue = try QueueView(catalog: catalog, bootstrap: house.kafkaBootstrap)
        var choice = Loss.choose(try queue.heads(most: Loss.depth), settled: try settled())
        // People go on claiming, so there is more to lose soon; in a small crowd less must do.
        var looks = 1
        while choice.loss.orders.count < Loss.wanted, looks < Loss.maxLooks {
            try checkHealth()
            usleep(200_000)
            choice = Loss.choose(try queue.heads(most: Loss.depth), settled: try settled())
            looks += 1
        }
        try queue.skip(to: choice.offsets)
        Terminal.say("  \(choice.loss.orders.count) records lost on purpose; the deliverer may start again")
        return choice.loss
    }

    func settled() throws -> Set<OrderID> {
        Set(try view.grants().filter { $0.count > 0 || $0.rejections > 0 }.map(\.order))
    }
}
