import Foundation
import Orders
import Testing
import Wire

@testable import Claim

/// A Claim in memory for settling runs, a clock that only waiting moves, and files of their own.
private final class SettleBench {
    struct Killed: Error {}

    let directory: URL
    let couponsPath: String
    let checkpointPath: String
    /// Orders by coupon: what Redis would hold.
    var orders: [String: OrderID] = [:]
    var refusals: [String: String] = [:]
    /// Coupons that are put off so many times more.
    var putOff: [String: Int] = [:]
    /// Whole requests that get no answer: before they were acted on, and after.
    var lostBefore = 0
    var lostAfter = 0
    var requests: [SettleRequest] = []
    var askedAtNs: [UInt64] = []
    var nowNs: UInt64 = 1_000_000_000
    var doneCount = 0
    private var nextSequence: UInt32 = 0

    init(_ coupons: [String]) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "settle-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        couponsPath = directory.appendingPathComponent("coupons").path
        checkpointPath = directory.appendingPathComponent("checkpoint").path
        try write(coupons.map { $0 + "\n" }.joined())
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: couponsPath))
    }

    func refusedLines() throws -> [String] {
        try String(contentsOfFile: checkpointPath + ".refused", encoding: .utf8).split(separator: "\n")
            .map(String.init)
    }

    /// What Claim does with a request.
    func ask(_ request: SettleRequest) -> SettleRun.Reply {
        requests.append(request)
        askedAtNs.append(nowNs)
        if lostBefore > 0 {
            lostBefore -= 1
            return .later("away", retryAfterMs: nil)
        }
        let results = request.coupons.map(answer)
        if request.isDone { doneCount += 1 }
        if lostAfter > 0 {
            lostAfter -= 1
            return .later("broken", retryAfterMs: nil)
        }
        return .results(results)
    }

    private func answer(_ coupon: String) -> SettleResult {
        if let order = orders[coupon] { return .skipped(order) }
        if let left = putOff[coupon], left > 0 {
            putOff[coupon] = left - 1
            return .later(detail: "the game does not say")
        }
        if let why = refusals[coupon] { return .refused(problem: why, detail: "so it is") }
        nextSequence += 1
        let order = OrderID(lane: 1, shard: 0, sequence: nextSequence)
        orders[coupon] = order
        return .granted(order)
    }

    /// Runs until the end, or until as many checkpoints were written.
    func run(rate: Double = 1000, patienceS: UInt64 = 60, killAfter: Int = .max) async throws
        -> SettleCheckpoint
    {
        let files = try SettleFiles(checkpoint: checkpointPath)
        let start = try files.load() ?? SettleCheckpoint(batch: 7, gift: "lamp")
        var checkpoints = 0
        var run = try SettleRun(
            files: files, couponsPath: couponsPath, checkpoint: start, reason: "the end", perSecond: rate,
            patienceNs: patienceS * 1_000_000_000,
            outside: .init(
                ask: { [self] request in
                    // A killed run asks nothing any more; nobody can be told to wait for it.
                    if checkpoints >= killAfter { return .refused(SettleFault(-9, "killed")) }
                    return ask(request)
                }, nowNs: { [self] in nowNs }, sleepNs: { [self] ns in nowNs += max(ns, 1) },
                random: { .max }, progress: { _ in checkpoints += 1 }))
        try await run.run()
        return run.checkpoint
    }
}

@Suite("A settling run")
struct OperatorsSettleRunTests {
    private static let coupons = (1...1000).map { "coupon-\($0)" }

    @Test("every coupon gets its order; refused lines stand with their reasons; the end is told once")
    func whole() async throws {
        let bench = try SettleBench(Self.coupons)
        bench.refusals["coupon-17"] = "no-role"
        bench.orders["coupon-5"] = OrderID(rawValue: 99)
        let done = try await bench.run()
        #expect(done.lines == 1000 && done.granted == 998 && done.skipped == 1 && done.refused == 1)
        #expect(done.isFinished && bench.doneCount == 1)
        #expect(try bench.refusedLines() == ["coupon-17\tno-role\tso it is"])
        #expect(bench.requests.allSatisfy { $0.batch == 7 && $0.gift == "lamp" && $0.reason == "the end" })
    }

    @Test("run twice: with its checkpoint nothing is asked again; without one everything is skipped")
    func twice() async throws {
        let bench = try SettleBench(Self.coupons)
        _ = try await bench.run()
        let orders = bench.orders
        let asked = bench.requests.count
        let again = try await bench.run()
        #expect(again.isFinished && bench.requests.count == asked)
        try FileManager.default.removeItem(atPath: bench.checkpointPath)
        let anew = try await bench.run()
        #expect(anew.skipped == 1000 && anew.granted == 0 && bench.orders == orders)
    }

    @Test("killed after each of its checkpoints, it goes on, and nothing is done or noted twice")
    func killed() async throws {
        let bench = try SettleBench(Self.coupons)
        for number in stride(from: 3, through: 999, by: 7) {
            bench.refusals["coupon-\(number)"] = "no-role"
        }
        var kills = 0
        while true {
            do {
                let done = try await bench.run(rate: 400, killAfter: 1)
                #expect(done.lines == 1000 && done.isFinished)
                #expect(done.granted + done.refused == 1000 && done.granted == bench.orders.count)
                break
            } catch let fault as SettleFault where fault.exitCode == -9 {
                kills += 1
            }
        }
        #expect(kills == 10)
        #expect(Set(try bench.refusedLines()).count == bench.refusals.count)
        #expect(try bench.refusedLines().count == bench.refusals.count)
    }

    @Test("a request whose answer is lost is asked again: its coupons are skipped, none gets two orders")
    func lostAnswers() async throws {
        let bench = try SettleBench(Self.coupons)
        bench.lostBefore = 2
        bench.lostAfter = 3
        let done = try await bench.run()
        #expect(done.granted + done.skipped == 1000 && bench.orders.count == 1000)
        #expect(done.skipped > 0)
    }

    @Test("lines that are put off are asked for again by themselves; the others are not")
    func putOff() async throws {
        let bench = try SettleBench(Array(Self.coupons.prefix(100)))
        bench.putOff["coupon-9"] = 2
        let done = try await bench.run()
        #expect(done.granted == 100)
        #expect(bench.requests.map(\.coupons.count) == [100, 1, 1, 0])
    }

    @Test("a line that is put off for ever is noted, and the run goes on")
    func putOffForEver() async throws {
        let bench = try SettleBench(Self.coupons)
        bench.putOff["coupon-9"] = .max
        let done = try await bench.run(patienceS: 20)
        #expect(done.granted == 999 && done.refused == 1 && done.isFinished)
        #expect(try bench.refusedLines() == ["coupon-9\ttry-again\tthe game does not say"])
    }

    @Test("nobody answers for too long: exit 75, nothing noted; run again it goes on")
    func nobody() async throws {
        let bench = try SettleBench(Self.coupons)
        bench.lostBefore = 1_000_000
        await #expect(throws: SettleFault.self) { try await bench.run(patienceS: 30) }
        #expect(bench.orders.isEmpty)
        bench.lostBefore = 0
        #expect(try await bench.run().granted == 1000)
    }

    @Test("never faster than the rate, and no burst after a wait", arguments: [0.5, 7, 100, 1000, 40_000])
    func pace(rate: Double) async throws {
        let bench = try SettleBench(Array(Self.coupons.prefix(rate < 1 ? 5 : 1000)))
        bench.lostBefore = 2
        _ = try await bench.run(rate: rate)
        let sizes = bench.requests.map(\.coupons.count)
        let most = Double(SettlePace(perSecond: rate, nowNs: 0).size)
        #expect(sizes.allSatisfy { Double($0) <= most })
        for (from, startNs) in bench.askedAtNs.enumerated() {
            var sent = 0.0
            for to in from..<sizes.count {
                sent += Double(sizes[to])
                let seconds = Double(bench.askedAtNs[to] - startNs) / 1e9
                #expect(sent <= rate * seconds + most + 1e-6)
            }
        }
    }
}

@Suite("Files of a settling run")
struct OperatorsSettleFileTests {
    private func taken(_ bench: SettleBench, _ most: Int = 100) throws -> [String] {
        let lines = try CouponLines(
            bench.couponsPath, from: SettleCheckpoint(batch: 1, gift: "lamp"))
        var all = [String]()
        while case let next = try lines.next(most), !next.coupons.isEmpty { all += next.coupons }
        return all
    }

    @Test("lines: comments, empty ones and line ends of either kind; up to the first tab; no end at the end")
    func lines() throws {
        let bench = try SettleBench([])
        try bench.write("# coupons\n\na\r\nb\tsold-out\tnone\n\n#x\nc")
        #expect(try taken(bench) == ["a", "b", "c"])
        #expect(try taken(bench, 1) == ["a", "b", "c"])
        try bench.write("")
        #expect(try taken(bench).isEmpty)
    }

    @Test("a long file is read over the ends of its buffers, whatever one takes at a time")
    func longFile() throws {
        let coupons = (0..<20_000).map { "c-\(splitMix64(UInt64($0)))" }
        let bench = try SettleBench(coupons)
        #expect(try taken(bench, 256) == coupons)
        #expect(try taken(bench, 7) == coupons)
    }

    @Test("a line without end is refused, with its place")
    func longLine() throws {
        let bench = try SettleBench(["a"])
        try bench.write("a\n" + String(repeating: "x", count: 10_000))
        #expect {
            try taken(bench, 1)
        } throws: { "\($0)".contains("byte 2") }
    }

    @Test("going on from every place gives the rest, and a file that was changed before it is refused")
    func goingOn() throws {
        let coupons = (0..<50).map { "coupon-\($0)" }
        let bench = try SettleBench(coupons)
        let lines = try CouponLines(bench.couponsPath, from: SettleCheckpoint(batch: 1, gift: "lamp"))
        var checkpoint = SettleCheckpoint(batch: 1, gift: "lamp")
        var done = [String]()
        while true {
            let next = try lines.next(3)
            let rest = try CouponLines(bench.couponsPath, from: checkpoint).next(1000).coupons
            #expect(done + rest == coupons)
            if next.coupons.isEmpty { break }
            done += next.coupons
            (checkpoint.offset, checkpoint.sum) = (next.offset, next.sum)
        }
        try bench.write(coupons.reversed().map { $0 + "\n" }.joined())
        #expect(throws: SettleFault.self) { try CouponLines(bench.couponsPath, from: checkpoint) }
        try bench.write("coupon-0\n")
        #expect(throws: SettleFault.self) { try CouponLines(bench.couponsPath, from: checkpoint) }
    }

    @Test("a checkpoint is read as it was written; damage is told, not taken for a beginning")
    func checkpoint() throws {
        var checkpoint = SettleCheckpoint(batch: 0xFEED, gift: "lamp")
        checkpoint.offset = 1 << 40
        checkpoint.sum = .max
        checkpoint.refusedBytes = 12
        checkpoint.isFinished = true
        #expect(try SettleCheckpoint.decode(checkpoint.encode()) == checkpoint)
        let bench = try SettleBench([])
        let files = try SettleFiles(checkpoint: bench.checkpointPath)
        #expect(try files.load() == nil)
        try files.save(checkpoint)
        #expect(try files.load() == checkpoint)
        try Data(checkpoint.encode().dropLast(20)).write(to: URL(fileURLWithPath: bench.checkpointPath))
        #expect(throws: SettleFault.self) { try files.load() }
    }

    @Test("refused lines beyond the checkpoint are cut off; two runs do not share a checkpoint")
    func refusedFile() throws {
        let bench = try SettleBench([])
        let files = try SettleFiles(checkpoint: bench.checkpointPath)
        let first = try files.appendRefused([("a", .refused(problem: "p", detail: "d"))])
        _ = try files.appendRefused([("b", .refused(problem: "p", detail: "d"))])
        try files.cutRefused(to: first)
        _ = try files.appendRefused([("c", .later(detail: "l"))])
        #expect(try bench.refusedLines() == ["a\tp\td", "c\ttry-again\tl"])
        #expect(throws: SettleFault.self) { try SettleFiles(checkpoint: bench.checkpointPath) }
    }
}
