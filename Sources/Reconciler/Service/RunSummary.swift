import Orders
import Wire

/// What a run found, short enough for a list: the head of its report.
struct RunSummary: Equatable, Sendable {
    /// An order that has not come to an end.
    struct Oldest: Equatable, Sendable {
        var order: String
        var claimedAtMs: Int64
        var place: String
    }

    var id: RunID
    var cause: RunCause
    /// Unix milliseconds.
    var begunAtMs: Int64
    var endedAtMs: Int64
    var cutAtMs: Int64
    var accepted: Int
    /// By class; every class.
    var classes: [String: Int]
    var unexpected: Int
    /// By games' own statements, where any was read.
    var doubled: Int
    /// Orders of which two sources tell differently, once for each way in which they do.
    var conflicting: Int
    /// Of the missing, those that no store holds any more.
    var nameless: Int
    var oldest: Oldest?
    var alarms: [RunAlarm]

    /// - Parameter unread: why statements that are there could not be read.
    init(
        id: RunID, cause: RunCause, begunAtMs: Int64, endedAtMs: Int64, _ report: ReconciliationReport,
        alarmAgeMs: Int64, unread: [String] = []
    ) {
        self.id = id
        self.cause = cause
        self.begunAtMs = begunAtMs
        self.endedAtMs = endedAtMs
        let verdict = report.verdict
        cutAtMs = verdict.atMs
        accepted = verdict.accepted
        classes = Dictionary(uniqueKeysWithValues: OrderClass.allCases.map { ($0.rawValue, verdict[$0]) })
        unexpected = verdict.unexpected.count
        doubled = verdict.doubled.count
        conflicting = verdict.conflicts.count
        nameless = verdict.nameless.count
        oldest = verdict.oldest.map {
            Oldest(order: $0.order.id.text, claimedAtMs: $0.order.claimedAtMs, place: $0.place.rawValue)
        }
        alarms = []
        alarms = RunAlarm.all(in: self, alarmAgeMs: alarmAgeMs)
        alarms += unread.map { RunAlarm(kind: .statement, text: "a statement cannot be read: \($0)") }
    }

    /// How long the oldest order that has not ended had waited at the cut; 0: all have.
    var oldestAgeMs: Int64 { oldest.map { max(0, cutAtMs - $0.claimedAtMs) } ?? 0 }

    var missing: Int { classes[OrderClass.missing.rawValue] ?? 0 }

    // MARK: - The wire

    func write(_ json: inout JSONWriter) {
        json.object { json in
            json.member("run", id.description)
            json.member("state", "done")
            json.member("by", cause.by)
            json.member("reason", cause.reason)
            json.member("begun_at", begunAtMs)
            json.member("ended_at", endedAtMs)
            json.member("cut_at", cutAtMs)
            json.member("accepted", accepted)
            json.member("unexpected", unexpected)
            json.member("doubled", doubled)
            json.member("conflicting", conflicting)
            json.member("nameless", nameless)
            json.key("classes")
            json.object { json in
                for (name, count) in classes.sorted(by: { $0.key < $1.key }) {
                    json.key(name)
                    json.integer(Int64(count))
                }
            }
            json.key("oldest")
            writeOldest(&json)
            json.objects("alarms", alarms) { json, alarm in
                json.member("kind", alarm.kind.rawValue)
                json.member("text", alarm.text)
            }
        }
    }

    private func writeOldest(_ json: inout JSONWriter) {
        guard let oldest else { return json.null() }
        json.object { json in
            json.member("order", oldest.order)
            json.member("claimed_at", oldest.claimedAtMs)
            json.member("class", oldest.place)
        }
    }

    /// Reads what ``write(_:)`` wrote. Classes that are not known any more are kept.
    init(_ json: JSON) throws(JSONError) {
        var fields = try JSONFields(json)
        guard let id = RunID(text: try fields.string("run")) else { throw fields.fault("run", "is no run") }
        self.id = id
        _ = try fields.string("state")
        cause = RunCause(
            by: try fields.optionalString("by"), reason: try fields.optionalString("reason", maxBytes: 1024))
        let times: ClosedRange<Int64> = 0...(1 << 47)
        begunAtMs = try fields.integer("begun_at", in: times)
        endedAtMs = try fields.integer("ended_at", in: times)
        cutAtMs = try fields.integer("cut_at", in: times)
        accepted = Int(try fields.integer("accepted", in: times))
        unexpected = Int(try fields.integer("unexpected", in: times))
        doubled = Int(try fields.integer("doubled", in: times))
        // Reports of before these were told are kept for weeks.
        conflicting = Int(try fields.optionalInteger("conflicting", in: times) ?? 0)
        nameless = Int(try fields.optionalInteger("nameless", in: times) ?? 0)
        classes = [:]
        if case .object(let object) = fields.any("classes") {
            for member in object.members {
                if case .integer(let count) = member.value { classes[member.key] = Int(count) }
            }
        }
        if case .object(let object) = fields.any("oldest"), case .string(let order)? = object["order"],
            case .integer(let claimed)? = object["claimed_at"], case .string(let place)? = object["class"]
        {
            oldest = Oldest(order: order, claimedAtMs: claimed, place: place)
        }
        alarms = []
        for case .object(let alarm) in try fields.array("alarms", max: 64) {
            guard case .string(let name)? = alarm["kind"], let kind = RunAlarm.Kind(rawValue: name),
                case .string(let text)? = alarm["text"]
            else { continue }
            alarms.append(RunAlarm(kind: kind, text: text))
        }
        try fields.finish()
    }
}
