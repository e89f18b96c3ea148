import Bench
import Stack

/// What an order takes in Redis, all keys together, and how long Claim takes to start over it.
///
/// The orders go in through the script that decides claims, and out of the outbox through the one that
/// confirms them; one claim a person. Nothing else is in that Redis: no profiles.
struct MemoryMeasure {
    /// Bytes an order that are allowed at ten million.
    private static let budget = 100.0
    private static let shards = 64

    let stage: ClaimStage

    func run() async throws -> [ResultRow] {
        let counts = stage.options.orderCounts
        let campaign = try ClaimCampaign(stage, orders: counts.last ?? 0, shards: Self.shards)
        stage.say("memory: \(counts.map(String.init).joined(separator: ", ")) orders in Redis")
        // Quiet while it is filled: what is measured is its memory.
        let server = try ClaimServer(stage, campaign)
        defer { server.stop() }
        let empty = try await usedMemory(server)
        let fill = try await OrderFill(stage, campaign, server.redis)
        var rows: [ResultRow] = []
        for count in counts {
            let seconds = try await fill.grow(to: count)
            let used = try await usedMemory(server) - empty
            stage.say(
                "  \(count) orders: \(used >> 20) MiB, "
                    + "\(Figure.text(Double(count) / seconds)) orders a second "
                    + "filled in by one connection")
            rows.append(
                ResultRow(
                    "Redis an order at \(Figure.text(Double(count)))", ours: Double(used) / Double(count),
                    unit: "bytes", better: .lower, peer: Self.budget, peerName: "budget", pass: 1))
        }
        await fill.close()
        var starts: [Double] = []
        for _ in 0..<stage.pairs { starts.append(try server.restart()) }
        rows.append(
            ResultRow(
                "start-up over \(Figure.text(Double(counts.last ?? 0))) orders", ours: Median.of(starts),
                unit: "s", better: .lower, note: "from exec until it takes claims"))
        return rows
    }

    private func usedMemory(_ server: ClaimServer) async throws -> Int {
        let redis = try await BenchRedis(server.redis)
        let used = try await redis.usedMemory()
        await redis.close()
        return used
    }
}
