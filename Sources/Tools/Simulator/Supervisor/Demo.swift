import Catalog
import Foundation
import NIOCore
import NIOPosix
import Stack

/// The whole show: a burst of people, games with bad days, killed services, a loss on purpose, and the books.
final class Demo: Sendable {
    struct Options: Sendable {
        var people = 30_000
        var validClaims = 20_000
        var seed: UInt64
        /// The demo is given up after so long.
        static let patienceS = 240.0
    }

    let house: House
    let catalog: Catalog
    let options: Options
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let startedNs = NIODeadline.now().uptimeNanoseconds

    init(house: House, catalog: Catalog, options: Options) {
        self.house = house
        self.catalog = catalog
        self.options = options
    }

    var elapsedS: Double { Double(NIODeadline.now().uptimeNanoseconds - startedNs) / 1e9 }
    var view: OutsideView {
        OutsideView(port: house.plan.ports.gamesAdmin, key: house.plan.secrets.adminKey)
    }

    func run() async throws -> DemoResult {
        heading("Starting everything on private ports")
        try house.start { Terminal.say("  \($0)") }
        let crowd = try Crowd(
            HouseMaking.crowdSettings(
                house, catalog, people: options.people, validClaims: options.validClaims))
        let known = try await crowd.preload(on: group.next())
        Terminal.say("  \(known.grouped) profiles from the nightly batch; the other people's are asked for")
        try setFaults()
        let valid = options.validClaims.grouped
        heading("\(options.people.grouped) people in a burst, \(valid) of them with a valid claim")
        let (people, loss) = try await burst(crowd)
        heading("Waiting until the queue has drained")
        try drain()
        heading("Reconciling: should be sent - sent - on its way")
        let healing = try reconcile(loss)
        heading("Asking games and clients")
        let result = try result(people, healing, crowd)
        try await group.shutdownGracefully()
        return result
    }

    /// - Throws: when the demo cannot go on, or not in time.
    func checkHealth() throws {
        if let failure = house.failure { throw StackFailure(failure) }
        guard elapsedS < Options.patienceS else {
            throw StackFailure("not done after \(Int(Options.patienceS)) s: given up")
        }
    }

    func heading(_ text: String) {
        let time = String(format: "%5.1f s", elapsedS)
        Terminal.say("\(Terminal.style.paint(time, .dim))  \(Terminal.style.paint(text, .bold))")
    }

    /// 1 % errors, 0.5 % granted and the answer lost, on all games; one role in a thousand takes no gifts.
    private func setFaults() throws {
        for game in catalog.games {
            try view.setFaults(game.id, #"{"error_ratio":0.01,"drop_ratio":0.005,"reject_ratio":0.001}"#)
        }
        Terminal.say(
            "  faults: 1 % errors, 0.5 % granted without an answer, 0.1 % of orders refused for good")
    }
}
