import CampaignFiles
import Catalog
import Foundation
import Orders
import Stack
import Synchronization
import Testing

@testable import Deliverer

@Suite("Dead letters: redriven by their operators", .serialized)
struct RedriveTests {
    private static let game = "teahouse-days"
    /// Rejected, and then delivered: fewer than a game is judged by that refuses what it is sent, and paused.
    private static let count = 24

    @Test(
        "looked at, sent and delivered exactly once; what was granted meanwhile is left alone; twice is once")
    func redriven() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let orders = try await house.rejected(Self.count, game: Self.game, lane: 1)
            let others = try await house.rejected(3, game: "moon-rabbit", lane: 2)
            let (whole, part) = (house.path("whole.batch"), house.path("part.batch"))
            func redrive(_ arguments: String...) throws -> (exit: ChildProcess.Exit?, output: String) {
                let process = try house.begin(["redrive"] + arguments)
                return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 200))
            }
            #expect(try redrive("--batch", whole).exit == .code(64))
            #expect(try redrive("--batch", whole, "--game", "nobody").exit == .code(65))
            #expect(
                try redrive("--batch", whole, "--game", Self.game, "--outcome", "voided").exit == .code(64))

            let dry = try redrive("--batch", whole, "--game", Self.game)
            #expect(dry.exit == .code(0), "\(dry.output)")
            #expect(dry.output.contains("would send \(Self.count) orders"), "\(dry.output)")
            #expect(!dry.output.contains("moon-rabbit"))
            let sum = DeliveryHouse.checksum(dry.output)
            #expect(try RedriveBatch.decode(FileBytes.read(whole)).checksum == sum)
            // Looking changes nothing, and finds the same.
            #expect(DeliveryHouse.checksum(try redrive("--batch", whole, "--game", Self.game).output) == sum)
            #expect(try await house.states(orders).values.allSatisfy { $0 == .rejected })
            #expect(try house.control().isEmpty)

            // Ten of them are sent by somebody else before.
            let ten = try redrive("--batch", part, "--game", Self.game, "--limit", "10")
            #expect(ten.output.contains("for a later batch: \(Self.count - 10)"), "\(ten.output)")
            let who = ["--apply", "--by", "mei", "--reason", "mended", "--rate", "2000"]
            func apply(_ batch: String, _ sum: String, _ more: String...) throws -> (
                exit: ChildProcess.Exit?, output: String
            ) {
                let process = try house.begin(["redrive", "--batch", batch, "--checksum", sum] + who + more)
                return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 200))
            }
            let first = try apply(part, DeliveryHouse.checksum(ten.output), "--game", Self.game)
            #expect(first.exit == .code(0) && first.output.contains("sent 10 of 10"), "\(first.output)")
            #expect(try await eventually { try house.seen().orders == 10 }, "\(house.log)")

            #expect(try apply(whole, String(sum.reversed()), "--game", Self.game).exit == .code(65))
            #expect(try apply(whole, sum, "--all-games").exit == .code(65))
            #expect(try apply(whole, sum, "--game", Self.game, "--status", "500").exit == .code(65))
            #expect(try house.resent(Self.game).count == 10)
            let sent = try apply(whole, sum, "--game", Self.game)
            #expect(sent.exit == .code(0), "\(sent.output)")
            #expect(
                sent.output.contains("sent \(Self.count - 10) of \(Self.count)"), "\(sent.output)")
            #expect(sent.output.contains("left alone"), "\(sent.output)")
            #expect(try await house.areAll(.delivered, orders), "\(house.log)")
            let again = try apply(whole, sum, "--game", Self.game)
            #expect(again.exit == .code(0) && again.output.contains("applied before"), "\(again.output)")
            try FileManager.default.removeItem(atPath: RedriveProgress.path(of: whole))
            let blind = try apply(whole, sum, "--game", Self.game)
            #expect(blind.exit == .code(0) && blind.output.contains("applied before"), "\(blind.output)")

            let records = try house.resent(Self.game)
            #expect(Set(records.map(\.id)) == Set(orders.map(\.id)) && records.count == Self.count)
            #expect(records.allSatisfy { $0.attempt == 1 })
            #expect(zip(records.map(\.deadlineMs), orders.map(\.deadlineMs)).allSatisfy { $0 > $1 })
            #expect(try await house.states(others).values.allSatisfy { $0 == .rejected })
            let seen = try house.seen()
            #expect(seen.orders == Self.count && seen.twice == 0 && seen.windowsOver == 0)
            let acts = try house.control().filter {
                if case .redrive(sum, _, _, "mei", "mended", _) = $0 { true } else { false }
            }
            #expect(acts.count == 2)
        }
    }

    @Test("promises 3 and 4: cut off behind any step, the next run ends it")
    func cutOff() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let steps = RedriveRun.Step.allCases
            for (number, (step, game)) in zip(steps, house.catalog.games).enumerated() {
                try await Self.cut(step, game.id, lane: UInt32(number + 1), house)
            }
            let seen = try house.seen()
            #expect(seen.orders == 20 * steps.count && seen.twice == 0)
        }
    }

    private static func cut(
        _ step: RedriveRun.Step, _ game: String, lane: UInt32, _ house: DeliveryHouse
    ) async throws {
        let orders = try await house.rejected(20, game: game, lane: lane)
        let name = "cut-\(step).batch"
        let batch = try await house.batch(name, LetterFilter(games: [game]))
        #expect(batch.entries.count == 20)
        // Windows of five; cut off in the second one, or at the only time there is.
        var left = step == .begun || step == .through ? 1 : 2
        await #expect(throws: CutOff.self) {
            try await house.apply(batch, name, perSecond: 20) { reached in
                guard reached == step else { return }
                left -= 1
                if left == 0 { throw CutOff() }
            }
        }
        // What was sent is delivered before the next run looks.
        let sent = Set(try house.resent(game).map(\.id))
        let early = orders.filter { sent.contains($0.id) }
        #expect(try await house.areAll(.delivered, early), "\(house.log)")
        let progress = try await house.apply(batch, name, perSecond: 1_000)
        #expect(progress.isFinished && progress.done == 20, "\(step)")
        #expect(try await house.areAll(.delivered, orders), "\(house.log)")
        let records = try house.resent(game)
        #expect(Set(records.map(\.id)) == Set(orders.map(\.id)) && records.count == 20, "\(step)")
    }

    @Test("promise 3: cut off before the record, files lost: the next batch finds what was left queued")
    func leftQueued() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let orders = try await house.rejected(20, game: Self.game, lane: 1)
            let batch = try await house.batch("lost.batch", LetterFilter(games: [Self.game]))
            await #expect(throws: CutOff.self) {
                try await house.apply(batch, "lost.batch", perSecond: 20) {
                    if $0 == .changed { throw CutOff() }
                }
            }
            let queued = try await house.states(orders).values.count { $0 == .queued }
            #expect(queued == 5)
            // Their first records have been passed by the deliverer's mark, or will be.
            let isFound = try await eventually {
                let next = try await house.batch("next.batch", LetterFilter())
                return next.entries.count == 20 && next.entries.count { $0.isLeftQueued } == 5
            }
            #expect(isFound)
            let next = try RedriveBatch.decode(FileBytes.read(house.path("next.batch")))
            let progress = try await house.apply(next, "next.batch", perSecond: 1_000)
            #expect(progress.sent == 20 && progress.passed.isEmpty)
            #expect(try await house.areAll(.delivered, orders), "\(house.log)")
            #expect(try house.seen().twice == 0)
            // The first batch has nothing left to send.
            let rest = try await house.apply(batch, "lost.batch", perSecond: 1_000)
            #expect(rest.sent == 0 && rest.passed[.delivered] == 20)
        }
    }

    @Test("what was rejected once more since the batch was made is not sent by it again")
    func endedAgain() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let orders = try await house.rejected(10, game: Self.game, lane: 1)
            let batch = try await house.batch("again.batch", LetterFilter(games: [Self.game]))
            try house.faults(Self.game, #"{"reject_ratio": 1}"#)
            await #expect(throws: CutOff.self) {
                try await house.apply(batch, "again.batch", perSecond: 1_000) {
                    if $0 == .sent { throw CutOff() }
                }
            }
            // All ten are sent, and rejected for the second time.
            let isRejectedAgain = try await eventually {
                try house.records(house.topics.dead).count == 20
            }
            #expect(isRejectedAgain, "\(house.log)")
            #expect(try await house.areAll(.rejected, orders), "\(house.log)")
            let progress = try await house.apply(batch, "again.batch", perSecond: 1_000)
            #expect(progress.sent == 0 && progress.endedAgain == 10)
            let attempts = try house.records(house.topics.dead)
                .map { try DeadRecord.decode($0, house.catalog).order.attempt }
            #expect(attempts.sorted() == Array(repeating: 1, count: 10) + Array(repeating: 2, count: 10))
            // A new look finds them, with the attempts that were made.
            let next = try await house.batch("next.batch", LetterFilter(games: [Self.game]))
            #expect(next.entries.count == 10 && next.entries.allSatisfy { $0.attempt == 2 })
            #expect(next.checksum != batch.checksum)
        }
    }

    @Test("killed with signal 9 again and again, the same command ends it and nothing is granted twice")
    func killed() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let orders = try await house.rejected(Self.count, game: Self.game, lane: 1)
            let path = house.path("killed.batch")
            let dry = try house.desk("redrive", "--all-games", "--batch", path)
            let sum = DeliveryHouse.checksum(dry.output)
            let command = [
                "redrive", "--all-games", "--batch", path, "--apply", "--checksum", sum, "--by", "mei",
                "--reason", "r", "--rate", "12",
            ]
            for mark in [2, 8, 14] {
                let process = try house.begin(command)
                let isReached = try await eventually {
                    (try RedriveProgress.load(path)?.done ?? 0) >= mark
                }
                #expect(isReached, "\(process.logTail(lines: 30))")
                process.kill()
            }
            // One at a time.
            let first = try house.begin(command)
            _ = try await eventually { (try RedriveProgress.load(path)?.done ?? 0) > 14 }
            let second = try house.begin(command)
            let exits = (second.waitForExit(within: .seconds(60)), first.waitForExit(within: .seconds(60)))
            #expect(exits.1 == .code(0), "\(first.logTail(lines: 30))")
            #expect(exits.0 == .code(75) || exits.0 == .code(0), "\(second.logTail(lines: 30))")
            #expect(try await house.areAll(.delivered, orders), "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == Self.count && seen.twice == 0)
            let done = try house.control().count {
                if case .redrive(sum, _, .done, _, _, _) = $0 { true } else { false }
            }
            #expect(done == 1)
        }
    }
}

extension DeliveryHouse {
    /// What a dry run makes and writes.
    func batch(_ name: String, _ filter: LetterFilter) async throws -> RedriveBatch {
        let plan = try await stores {
            try await RedrivePlan.make(
                $0, filter, limit: RedriveBatch.maxOrders, nowMs: Int64(Date().timeIntervalSince1970 * 1000))
        }
        try DeskFile.replace(path(name), plan.batch.encode())
        return plan.batch
    }

    @discardableResult
    func apply(
        _ batch: RedriveBatch, _ name: String, perSecond: Double,
        _ onStep: @escaping (RedriveRun.Step) throws -> Void = { _ in }
    ) async throws -> RedriveProgress {
        try await stores {
            try await RedriveRun(
                stores: $0, batch: batch, path: path(name), by: "mei", reason: "test", perSecond: perSecond,
                onStep: onStep
            ).run()
        }
    }
}
