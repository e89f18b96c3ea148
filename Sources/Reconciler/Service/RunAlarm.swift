/// Something that a run found and that a person must know of.
struct RunAlarm: Equatable, Sendable {
    /// Raw values are the metric's label.
    enum Kind: String, CaseIterable, Sendable {
        case missing, unexpected, doubled, conflicting, nameless, oldest
        /// A game's statement is there and cannot be read.
        case statement
    }

    var kind: Kind
    /// One line.
    var text: String

    /// - Parameter alarmAgeMs: an order that has not come to an end for longer is an alarm.
    static func all(in run: RunSummary, alarmAgeMs: Int64) -> [RunAlarm] {
        var alarms = [RunAlarm]()
        if run.missing > 0 {
            alarms.append(RunAlarm(kind: .missing, text: "\(run.missing) orders are missing"))
        }
        if run.unexpected > 0 {
            let text = "\(run.unexpected) orders came out that were never due"
            alarms.append(RunAlarm(kind: .unexpected, text: text))
        }
        if run.doubled > 0 {
            let text = "\(run.doubled) orders were granted twice, by their games' own statements"
            alarms.append(RunAlarm(kind: .doubled, text: text))
        }
        if run.conflicting > 0 {
            let text = "\(run.conflicting) conflicts: two sources tell differently of an order"
            alarms.append(RunAlarm(kind: .conflicting, text: text))
        }
        if run.nameless > 0 {
            let text = "of the missing orders no store holds \(run.nameless) any more"
            alarms.append(RunAlarm(kind: .nameless, text: text))
        }
        if let oldest = run.oldest, run.oldestAgeMs > alarmAgeMs {
            let text = "\(oldest.order) is \(oldest.place) since \(age(run.oldestAgeMs))"
            alarms.append(RunAlarm(kind: .oldest, text: text))
        }
        return alarms
    }

    /// `49h 12m`, `12m 5s`, `5s`.
    static func age(_ ms: Int64) -> String {
        let seconds = ms / 1000
        if seconds >= 3600 { return "\(seconds / 3600)h \(seconds / 60 % 60)m" }
        return seconds >= 60 ? "\(seconds / 60)m \(seconds % 60)s" : "\(seconds)s"
    }
}
