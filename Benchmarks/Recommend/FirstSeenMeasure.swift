import Bench
import Stack

/// As `CachedMeasure`, and each request with a ticket that the process has never seen: in life most are.
struct FirstSeenMeasure {
    let stage: Stage

    /// - Parameter known: one request each of all people, with which the process is made warm.
    func run(
        _ settings: RecommendServer.Settings, _ people: BenchPeople, _ known: RequestFile
    ) throws -> [ResultRow] {
        // More than any run can use up.
        let count = CachedMeasure.people * stage.options.seconds * 15
        stage.say("first seen: \(count) tickets, each to be seen once by a process")
        let unseen = try RequestFile("\(stage.run.path)/unseen.requests", count: count) { index in
            stage.tickets.request(
                user: people.user(index % CachedMeasure.people), edition: 1 + index / CachedMeasure.people)
        }
        defer { unseen.remove() }
        var costs: (known: [Double], unseen: [Double]) = ([], [])
        for _ in 0..<stage.options.pairs {
            // A new process each time: it has seen none of them.
            let recommend = try RecommendServer(stage, settings)
            defer { recommend.stop() }
            try CachedMeasure.warm(recommend, known, stage)
            costs.known.append(try measured("known tickets", known, recommend).cost)
            let run = try measured("unseen tickets", unseen, recommend)
            guard run.requests <= count else { throw StackFailure("the tickets ran out") }
            costs.unseen.append(run.cost)
        }
        let extra = zip(costs.unseen, costs.known).map { $0 - $1 }
        return [
            ResultRow(
                "processor time a list, every ticket new", ours: Median.of(costs.unseen), unit: "µs",
                better: .lower, peer: Median.of(costs.known), peerName: "every ticket known"),
            ResultRow(
                "of it the ticket", ours: Median.of(extra), unit: "µs", better: .lower),
        ]
    }

    /// Both read their requests from a file, so that wrk does the same for both.
    private func measured(
        _ what: String, _ requests: RequestFile, _ recommend: RecommendServer
    ) throws -> Wrk.Run {
        let run = try Wrk(stage).run(
            requests, port: recommend.port, server: recommend.process.pid, fromFile: true)
        stage.say("  \(what): \(run.text)")
        return run
    }
}
