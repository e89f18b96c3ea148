import ArgumentParser
import Catalog
import Foundation
import Profiles
import Testing
import Wire

@testable import Recommend
@testable import Simulator

@Suite("recommend train and evaluate")
struct EvaluationTests {
    private let catalog: Catalog
    private static let campaign = "\(ShippedCampaign.staticData)/campaigns/spring-festival"

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    @Test("what is learned from the simulator's logs finds what people take, far better than popularity")
    func learnedBeatsPopularity() throws {
        let log = try SimulatedLog.log(people: 250, visits: 2500, seed: 20, catalog: catalog)
        var training = ChoiceTraining()
        training.epochs = 10
        let evaluation = Evaluation(log, holdOut: .last, training: training)
        let ndcg = evaluation.qualities.mapValues(\.ndcg)
        let learned = try #require(ndcg[.learned])
        #expect(learned >= 1.2 * (try #require(ndcg[.popularity])))
        #expect(evaluation.learnedToPopularity >= 1.2)
        // Not only because it knows what can be claimed: popularity within the standings is beaten as well.
        #expect(learned >= 1.1 * (try #require(ndcg[.withoutVector])))
        #expect(try #require(ndcg[.withoutVector]) > (try #require(ndcg[.registration])))
        #expect(try #require(ndcg[.registration]) > (try #require(ndcg[.random])))
        #expect(evaluation.qualities[.learned]?.lists ?? 0 > 200)
    }

    @Test("the quality of a list is where it put what was taken")
    func quality() {
        var quality = ListQuality(gifts: 20)
        quality.add((0..<20).map { UInt16($0) }, taken: 0)
        #expect(quality.ndcg == 1 && quality.recall == 1 && quality.coverage == 0.5)
        quality.add((0..<20).map { UInt16($0) }, taken: 2)
        #expect(quality.ndcg == 0.75)
        quality.add((0..<20).reversed().map { UInt16($0) }, taken: 0)
        #expect(quality.ndcg == 0.5 && abs(quality.recall - 2.0 / 3) < 1e-12 && quality.coverage == 1)
        #expect(quality.lists == 3 && quality.ndcgError > 0)
        #expect(ListQuality(gifts: 3).ndcg == 0)
    }

    @Test("each person's last claim is held back, or the last part of the time")
    func holdOut() throws {
        var log = ClaimLog(catalog: catalog)
        for (atMs, user, claimed) in [
            (0, 1, 0), (10, 2, 0), (20, 1, 0), (30, 1, nil), (40, 2, nil), (100, 3, 0),
        ] {
            log.append(
                .init(atMs: Int64(atMs), user: UInt64(user), games: [], shown: [1], claimed: claimed))
        }
        let last = HoldOut.last.split(log)
        #expect(last.test == [1, 2, 5] && last.train == [0, 3, 4])
        let time = HoldOut.time(share: 0.7).split(log)
        #expect(time.test == [5] && time.train == [0, 1, 2])
        #expect(HoldOut(argument: "last") == .last)
        #expect(HoldOut(argument: "time:0.25") == .time(share: 0.25))
        for text in ["", "time", "time:", "time:0", "time:1", "time:x", "first", "time:0.1:2"] {
            #expect(HoldOut(argument: text) == nil, "\(text)")
        }
    }

    @Test("the commands write what they promise")
    func commands() throws {
        let directory = try TemporaryDirectory()
        var lines = SimulatedLog.lines(people: 60, visits: 600, seed: 3, catalog: catalog)
        lines.insert(Array("{}".utf8), at: 5)
        let log = try SimulatedLog.write(lines, to: "log", in: directory)
        let out = "\(directory.path)/people"
        try Train.parse(
            ["--campaign", Self.campaign, "--claims", log, "--out", out, "--epochs", "3"]
        ).run()
        var people = try LineFile(out)
        var count = 0
        while case .text(let bytes) = try people.next() {
            let line = try ProfileLine(bytes, catalog: catalog)
            #expect(line.vector?.count == 32 && line.answers.isEmpty)
            count += 1
        }
        #expect((40...60).contains(count))
        let model = try Data(contentsOf: URL(filePath: "\(out).model.json"))
        guard case .object(let root) = try JSON.parse([UInt8](model), limits: .document) else {
            Issue.record("no object")
            return
        }
        #expect(root.keys == ["version", "dimensions", "gifts"])

        let json = "\(directory.path)/evaluation.json"
        try Evaluate.parse(
            [
                "--campaign", Self.campaign, "--claims", log, "--epochs", "2", "--holdout", "time:0.3",
                "--json",
                json,
            ]
        ).run()
        guard
            case .object(let report) = try JSON.parse(
                [UInt8](Data(contentsOf: URL(filePath: json))), limits: .document),
            case .array(let orders) = report["orders"]
        else {
            Issue.record("no object")
            return
        }
        #expect(report["visits"] == .integer(600) && report["holdout"] == .string("time:0.3"))
        #expect(orders.count == Evaluation.Order.allCases.count)
    }

    @Test("a report is a table whose columns line up")
    func report() throws {
        let log = try SimulatedLog.log(people: 30, visits: 150, seed: 4, catalog: catalog)
        var training = ChoiceTraining()
        training.epochs = 1
        training.foldInSteps = 1
        let lines = EvaluationReport(
            Evaluation(log, holdOut: .last, training: training), log: log, holdOut: .last
        ).lines
        #expect(lines.count == 2 + Evaluation.Order.allCases.count)
        #expect(Set(lines.dropFirst().map(\.count)).count == 1)
        #expect(lines[0].hasPrefix("150 visits of "))
        #expect(EvaluationReport.fixed(0.0456, 3) == "0.046" && EvaluationReport.fixed(12.999, 2) == "13.00")
    }

    @Test("what cannot be done ends with the code that says why")
    func exitCodes() throws {
        let directory = try TemporaryDirectory()
        let good = try SimulatedLog.write(
            SimulatedLog.lines(people: 20, visits: 40, seed: 5, catalog: catalog), to: "good", in: directory)
        try directory.write("{}\n{}\n", to: "bad")
        try directory.write("", to: "empty")
        func train(_ claims: String, _ more: [String] = [], campaign: String = Self.campaign) -> Int32? {
            do {
                try Train.parse(
                    [
                        "--campaign", campaign, "--claims", claims, "--epochs", "1", "--out",
                        "\(directory.path)/out",
                    ] + more
                ).run()
                return 0
            } catch {
                return (error as? ExitCode)?.rawValue
            }
        }
        #expect(train(good) == 0)
        #expect(train("\(directory.path)/bad", ["--max-bad-lines", "1"]) == 65)
        #expect(train("\(directory.path)/bad") == 65, "nothing is left to learn from")
        #expect(train("\(directory.path)/empty") == 65)
        #expect(train("\(directory.path)/none") == 66)
        #expect(train(good, ["--model", "\(directory.path)/no/where"]) == 73)
        #expect(train(good, campaign: directory.path) == 78)
        #expect(throws: (any Error).self) {
            try Train.parse(["--campaign", "c", "--claims", "l", "--out", "o", "--rank", "0"])
        }
        #expect(throws: (any Error).self) {
            try Evaluate.parse(["--campaign", "c", "--claims", "l", "--holdout", "first"])
        }
    }
}
