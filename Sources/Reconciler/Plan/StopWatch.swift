import Catalog
import Kafka
import OrderLog
import Orders
import Telemetry

/// Watches `.control` for somebody's word that the application of a plan is to stop. Words that were written
/// before this run began are of runs before it.
struct StopWatch {
    private static let everyNs: UInt64 = 1_000_000_000

    private let stores: CampaignStores
    private let plan: String
    private var ends: [TopicPartition: Int64] = [:]
    private var nextNs: UInt64 = 0

    init(_ stores: CampaignStores, _ plan: String) {
        self.stores = stores
        self.plan = plan
    }

    /// From here on.
    mutating func begin() async throws {
        _ = try await read()
        nextNs = SystemClock.nowNs + Self.everyNs
    }

    /// By whom and why it is to stop; nil: it is not, or nobody has looked for less than a second.
    mutating func why() async throws -> String? {
        guard SystemClock.nowNs >= nextNs else { return nil }
        let word = try await read().last
        nextNs = SystemClock.nowNs + Self.everyNs
        return word.map { "by \($0.by) (\($0.reason))" }
    }

    private mutating func read() async throws -> [(by: String, reason: String)] {
        let (from, plan) = (ends, plan)
        let topic = Topics(campaign: stores.catalog.campaign.id).control
        let (words, ends) = try await stores.blocking { options, logger in
            let reader = try KafkaReader(options: options, logger: logger)
            var ranges = try TopicScan.ranges(topic, reader: reader)
            let ends = ranges.mapValues(\.upperBound)
            for (partition, range) in ranges {
                let start = min(range.upperBound, max(range.lowerBound, from[partition] ?? range.upperBound))
                ranges[partition] = start..<range.upperBound
            }
            var words = [(by: String, reason: String)]()
            try reader.read(ranges) { _, record in
                guard let act = try? ControlRecord.decode(record.value),
                    case .resend(plan, _, .stop, let by, let reason, _) = act
                else { return }
                words.append((by, reason))
            }
            return (words, ends)
        }
        self.ends = ends
        return words
    }
}
