import Catalog
import ServiceShell

/// The settings of a service's runs.
struct RunSettings: Sendable {
    /// Between the beginnings of two periodic runs, over all processes.
    let everyMs: Int64
    /// Without a sign of life for so long a runner has lost its place.
    let leaseMs: Int64
    /// Where reports are kept, and for how long.
    let reportsPath: String
    let keepMs: Int64
    /// An order that has not come to an end for longer is an alarm.
    let alarmAgeMs: Int64
    /// Games' statements, read anew by each run.
    let statements: StatementInbox
    /// Orders younger than this are not called missing by a service whose alarms wake people.
    let tooYoung: Duration

    /// - Throws: ``SettingsFault`` that names the key and what it may be.
    init(_ settings: Settings, _ catalog: Catalog, tooYoung: Duration) throws(SettingsFault) {
        func ms(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
        everyMs = ms(
            try settings.duration(
                "reconciler.every", in: .seconds(1)...(.seconds(7 * 86_400)), default: .seconds(3600)))
        leaseMs = ms(
            try settings.duration(
                "reconciler.lease", in: .milliseconds(300)...(.seconds(600)), default: .seconds(15)))
        reportsPath = try settings.path("reconciler.reports_dir", default: "reports")
        keepMs = ms(
            try settings.duration(
                "reconciler.keep_reports", in: .seconds(1)...(.seconds(3650 * 86_400)),
                default: .seconds(30 * 86_400)))
        alarmAgeMs = ms(
            try settings.duration(
                "reconciler.alarm_age", in: .seconds(1)...(.seconds(365 * 86_400)),
                default: .milliseconds(catalog.campaign.deliveryWindowMs)))
        statements = try StatementInbox(settings, catalog)
        self.tooYoung = tooYoung
    }
}
