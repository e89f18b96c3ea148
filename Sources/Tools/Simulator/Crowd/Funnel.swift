import Histogram
import Wire

/// What the crowd met, counted: people, lists, claims by answer, refusals by kind, and all that was not
/// right.
struct Funnel {
    /// Kinds of wrong answer that are told apart; the rest are one kind.
    static let maxWrongKinds = 32
    /// The longest latency that is told apart, in µs.
    static let maxLatencyUs: UInt64 = 120_000_000

    var people = 0
    /// People who came with a valid claim.
    var validClaims = 0
    var lists = 0
    var listsRefused = 0
    /// Final answers to claims, by status.
    private(set) var answers: [Int: Int] = [:]
    var accepted = 0
    var repeated = 0
    var soldOut = 0
    private(set) var refusals: [String: Int] = [:]
    private(set) var wrong: [String: Int] = [:]
    /// Calls that failed and were made again, by why.
    private(set) var callsRepeated: [String: Int] = [:]
    /// People who stopped asking without a final answer.
    var gaveUp = 0
    /// Valid claimers to whom the list never showed a pack to claim.
    var foundNothing = 0
    private var listLatency = Histogram<UInt32>(
        highestTrackableValue: maxLatencyUs, numberOfSignificantValueDigits: .two)
    private var claimLatency = Histogram<UInt32>(
        highestTrackableValue: maxLatencyUs, numberOfSignificantValueDigits: .two)

    mutating func answered(_ status: Int) { answers[status, default: 0] += 1 }
    mutating func refused(_ kind: String) { refusals[kind, default: 0] += 1 }
    mutating func repeatsCall(_ why: String) { callsRepeated[why, default: 0] += 1 }

    mutating func wasWrong(_ what: String) {
        let kind = wrong[what] != nil || wrong.count < Self.maxWrongKinds ? what : "other"
        wrong[kind, default: 0] += 1
    }

    mutating func listTook(us: UInt64) { listLatency.record(min(us, Self.maxLatencyUs)) }
    mutating func claimTook(us: UInt64) { claimLatency.record(min(us, Self.maxLatencyUs)) }

    var wrongAnswers: Int { wrong.values.reduce(0, +) }
    var refusedInAll: Int { refusals.values.reduce(0, +) }

    /// Percentiles in ms of single calls that were answered.
    var listMs: (p50: Double, p99: Double) { Self.percentiles(listLatency) }
    var claimMs: (p50: Double, p99: Double) { Self.percentiles(claimLatency) }

    private static func percentiles(_ histogram: Histogram<UInt32>) -> (p50: Double, p99: Double) {
        (Double(histogram.valueAtPercentile(50)) / 1000, Double(histogram.valueAtPercentile(99)) / 1000)
    }

    func write(into json: inout JSONWriter) {
        json.beginObject()
        for (key, value) in [
            ("people", people), ("valid_claims", validClaims), ("lists", lists),
            ("lists_refused", listsRefused),
            ("accepted", accepted), ("repeated", repeated), ("sold_out", soldOut), ("refused", refusedInAll),
            ("wrong", wrongAnswers), ("gave_up", gaveUp), ("found_nothing", foundNothing),
        ] {
            json.key(key)
            json.integer(Int64(value))
        }
        for (key, value) in [
            ("list_p50_ms", listMs.p50), ("list_p99_ms", listMs.p99), ("claim_p50_ms", claimMs.p50),
            ("claim_p99_ms", claimMs.p99),
        ] {
            json.key(key)
            json.double(value)
        }
        let tables = [
            ("answers", Dictionary(uniqueKeysWithValues: answers.map { (String($0.key), $0.value) })),
            ("refusals", refusals), ("wrong_answers", wrong), ("calls_repeated", callsRepeated),
        ]
        for (key, table) in tables {
            json.key(key)
            json.beginObject()
            for (name, count) in table.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                json.integer(Int64(count))
            }
            json.endObject()
        }
        json.endObject()
    }
}
