import Bench
import Stack

/// The campaign, its people and their requests, made once for all measures: every run has a new process and
/// an empty Redis, to which all of them are new.
final class ClaimCrowd {
    /// Before counting begins, in seconds.
    static let warmSeconds = 1.0

    let campaign: ClaimCampaign
    let people: ClaimPeople
    /// One claim of each.
    let book: RequestBook
    private let stage: ClaimStage

    init(_ stage: ClaimStage) throws {
        self.stage = stage
        let count = Int(Double(stage.options.most) * (Self.warmSeconds + stage.seconds))
        stage.say("\(count) people, each with a ticket and a coupon that nobody has seen")
        campaign = try ClaimCampaign(stage, orders: count)
        let people = ClaimPeople(stage, campaign.catalog)
        self.people = people
        book = RequestBook(count: count) { people.request($0) }
    }

    var count: Int { book.count }

    /// A server whose Redis knows everybody.
    func server(fsync: String = "everysec", more: [String] = []) async throws -> ClaimServer {
        let server = try ClaimServer(stage, campaign, fsync: fsync, more: more)
        do {
            let redis = try await BenchRedis(server.redis)
            try await redis.load(people, 0..<count)
            await redis.close()
        } catch {
            server.stop()
            throw error
        }
        return server
    }
}

/// One counted run of load against Claim.
struct ClaimRun {
    /// Answers of the wanted status a second.
    var rate: Double
    var usage: ClaimServer.Usage
    /// Such answers in the counted time.
    var count: Int

    /// Processor time an answer, in µs.
    func cost(_ seconds: KeyPath<ClaimServer.Usage, Double>) -> Double {
        usage[keyPath: seconds] * 1e6 / Double(max(1, count))
    }

    /// Answers of another status, such as 503 where a disk stood still.
    var others: Int

    /// Runs the load for so long and counts answers of `status`; others are failures beyond one in a hundred.
    init(_ stage: ClaimStage, _ server: ClaimServer, _ load: PipelinedLoad, status: Int) throws {
        let watch = try server.watch()
        let outcome = try load.run(seconds: stage.seconds)
        usage = try watch.used()
        count = outcome.count(status)
        rate = Double(count) / outcome.seconds
        guard !load.isThrough else {
            throw StackFailure("all requests are used up after \(outcome.seconds) s: give --most more")
        }
        others = outcome.total - count
        guard others <= outcome.total / 100, count > 0 else {
            throw StackFailure("answers were not all \(status): \(outcome.answers)")
        }
    }

    func text(_ stage: ClaimStage) -> String {
        let busy = percent(usage.busy(cores: stage.options.cores.count))
        return "\(Figure.text(rate)) a second; µs each: claim \(Figure.text(cost(\.claim))), redis "
            + "\(Figure.text(cost(\.redis))), broker \(Figure.text(cost(\.kafka))), load "
            + "\(Figure.text(cost(\.load))); cores busy \(busy)"
            + (others > 0 ? "; \(others) other answers" : "")
    }
}
