import Bench
import Foundation
import Stack

/// The peer: `redis-benchmark -P 16` of a script that claims one coupon a call, alone on the machine.
///
/// The script writes what a claim of ours writes: the claim, the stock, the outbox entry and the state, with
/// values of the same sizes. It is spared what ours does besides: nobody clears the outbox, which has a fixed
/// size here instead; the order's number comes out of the coupon; there is no campaign to look at, no quota,
/// and only one body, which is never read.
struct ScriptPeer {
    private static let script = """
        local coupon = string.sub(ARGV[1], 5)
        local n = tonumber(coupon)
        local bucket = '{b:0}:c:' .. (n % tonumber(ARGV[3]))
        local stored = redis.call('HGET', bucket, coupon)
        if stored then return 'd' .. stored end
        if tonumber(redis.call('HGET', KEYS[2], 'a0')) <= 0 then return 's' end
        local id = string.format('%08d', n % 4096)
        redis.call('HINCRBY', KEYS[2], 'a0', -1)
        redis.call('HSET', bucket, coupon, id .. ARGV[2])
        redis.call('HSET', KEYS[1], id, coupon .. '12345678123456')
        local i = n % 1048576
        redis.call('BITFIELD', '{b:0}:s:1:' .. math.floor(i / 4096), 'SET', 'u4', '#' .. (i % 4096), 1)
        return 'n' .. id
        """
    /// Behind the order's number, in a claim's record.
    private static let bodyBytes = 35

    let stage: ClaimStage
    /// Hashes that the claims are spread over; as many as ours.
    let buckets: Int

    /// Calls a second, and how busy the one thread of Redis was.
    ///
    /// - Parameter calls: how many are made.
    func run(calls: Int, depth: Int = 16) async throws -> (sample: Sample, microseconds: Double) {
        let redis = try RedisServer(in: stage.run, name: stage.childName("redis-peer"))
        defer { redis.kill9() }
        let client = try await BenchRedis(redis)
        let sha = try await client.load(script: Self.script)
        _ = try await client.send("HSET", "{b:0}:k", "a0", "1000000000")
        await client.close()
        let arguments = [
            "-p", "\(redis.port)", "-P", "\(depth)", "-c", "\(stage.options.connections)", "-n", "\(calls)",
            "-r",
            "100000000", "--csv", "EVALSHA", sha, "2", "{b:0}:o", "{b:0}:k", "__rand_int__",
            String(repeating: "b", count: Self.bodyBytes), "\(buckets)",
        ]
        let watch = try ProcessWatch(pid: redis.process.pid)
        let bench = try ChildProcess(
            name: stage.childName("redis-benchmark"),
            executable: try ServiceProgram.locateInPath("redis-benchmark"), arguments: arguments,
            in: stage.run)
        guard bench.waitForExit(within: .seconds(300)) == .code(0) else {
            throw StackFailure("redis-benchmark failed: \(bench.logTail())")
        }
        let (used, busy) = (try watch.used(), try watch.busy())
        guard let rate = Self.rate(bench.logTail(lines: 50)) else {
            throw StackFailure("redis-benchmark says nothing that is understood: \(bench.logTail())")
        }
        return (Sample(rate, busy: busy), used * 1e6 / Double(calls))
    }

    /// The second column of the last line, in quotes.
    private static func rate(_ log: String) -> Double? {
        let line = log.split(separator: "\n").last { $0.hasPrefix("\"EVALSHA") }
        // The command itself stands in the first column and has no commas.
        return line?.split(separator: ",").dropFirst().first
            .flatMap { Double($0.filter { $0 != "\"" }) }
    }
}
