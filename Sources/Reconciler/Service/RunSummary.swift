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
        var oldest: (order: Order, place: OrderClass)?
        report.cut.eachDue(tooYoungMs: report.tooYoungMs) { order, place in
            guard !ClosingColumn(place).isEnd else { return }
            if let known = oldest?.order {
                guard (order.claimedAtMs, order.id) < (known.claimedAtMs, known.id) else { return }
            }
            oldest = (order, place)
        }
        self.oldest = oldest.map {
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
        json.beginObject()
        json.key("run")
        json.string(id.description)
        json.key("state")
        json.string("done")
        json.key("by")
        if let by = cause.by { json.string(by) } else { json.null() }
        json.key("reason")
        if let reason = cause.reason { json.string(reason) } else { json.null() }
        let times: [(StaticString, Int64)] = [
            ("begun_at", begunAtMs), ("ended_at", endedAtMs), ("cut_at", cutAtMs),
        ]
        for (key, time) in times {
            json.key(key)
            json.integer(time)
        }
        let counts: [(StaticString, Int)] = [
            ("accepted", accepted), ("unexpected", unexpected), ("doubled", doubled),
            ("conflicting", conflicting), ("nameless", nameless),
        ]
        for (key, count) in counts {
            json.key(key)
            json.integer(Int64(count))
        }
        json.key("classes")
        json.beginObject()
        for (name, count) in classes.sorted(by: { $0.key < $1.key }) {
            json.key(name)
            json.integer(Int64(count))
        }
        json.endObject()
        json.key("oldest")
        writeOldest(&json)
        json.key("alarms")
        json.beginArray()
        for alarm in alarms {
            json.beginObject()
            json.key("kind")
            json.string(alarm.kind.rawValue)
            json.key("text")
            json.string(alarm.text)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeOldest(_ json: inout JSONWriter) {
        guard let oldest else { return json.null() }
        json.beginObject()
        json.key("order")
        json.string(oldest.order)
        json.key("claimed_at")
        json.integer(oldest.claimedAtMs)
        json.key("class")
        json.string(oldest.place)
        json.endObject()
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
