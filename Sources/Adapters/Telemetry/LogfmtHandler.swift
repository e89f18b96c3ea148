import Glibc
import Logging

/// A back end of swift-log: one logfmt line an event, one `write(2)` a line, so that the lines of several
/// processes on one terminal or pipe do not mix.
///
///     time=2026-02-10T12:00:00.123Z level=info logger=claim msg="order accepted" order=0000041061058
///
/// Metadata keys come sorted; a dictionary's keys are joined with a dot.
package struct LogfmtHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let unixMs: @Sendable () -> Int64
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - label: shown as `logger`.
    ///   - unixMs: the clock, Unix milliseconds.
    ///   - write: takes a whole line; on any thread.
    package init(
        label: String, level: Logger.Level = .info,
        unixMs: @escaping @Sendable () -> Int64 = LogfmtHandler.systemUnixMs,
        write: @escaping @Sendable ([UInt8]) -> Void = LogfmtHandler.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.unixMs = unixMs
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LogfmtLine()
        line.pair("time", LogTime.rfc3339(unixMs: unixMs()))
        line.pair("level", event.level.rawValue)
        line.pair("logger", label)
        line.pair("msg", event.message.description)
        if let error = event.error { line.pair("error", "\(error)") }
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { Self.add(key, value, to: &line) }
        write(line.finished())
    }

    private static func add(_ key: String, _ value: Logger.Metadata.Value, to line: inout LogfmtLine) {
        switch value {
        case .string(let text): line.pair(key, text)
        case .stringConvertible(let value): line.pair(key, value.description)
        case .array(let values): line.pair(key, "[\(values.map(\.description).joined(separator: ","))]")
        case .dictionary(let members):
            for (inner, value) in members.sorted(by: { $0.key < $1.key }) {
                add("\(key).\(inner)", value, to: &line)
            }
        }
    }

    package static let systemUnixMs: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// One `write(2)`; what a full pipe does not take is given up rather than waited for twice.
    package static let writeToStandardError: @Sendable ([UInt8]) -> Void = { line in
        line.withUnsafeBytes { bytes in
            while Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) < 0, errno == EINTR {}
        }
    }
}
