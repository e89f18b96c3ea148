import Logging
import Synchronization
import Telemetry
import Testing

@Suite("Logfmt")
struct LogfmtTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])

        func logger(level: Logger.Level = .trace) -> Logger {
            Logger(label: "claim") { label in
                LogfmtHandler(label: label, level: level, unixMs: { 1_770_724_800_123 }) { [self] line in
                    all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                }
            }
        }

        var last: String { all.withLock { $0.last ?? "" } }
    }

    private static let start = "time=2026-02-10T12:00:00.123Z level=info logger=claim "

    @Test("one line an event, metadata sorted, the event's over the logger's")
    func line() {
        let lines = Lines()
        var logger = lines.logger()
        logger[metadataKey: "z"] = "1"
        logger[metadataKey: "a"] = "old"
        logger.info("order accepted", metadata: ["a": "new", "m": "\(3)"])
        #expect(lines.last == Self.start + "msg=\"order accepted\" a=new m=3 z=1\n")
    }

    @Test(
        "values are quoted and escaped when they must be",
        arguments: [
            ("plain", "plain"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("\"", #""\"""#),
            ("\\", #""\\""#), ("a\nb\r\tc", #""a\nb\r\tc""#), ("\u{1B}[0m\u{7F}", #""\u001b[0m\u007f""#),
            ("é红包", "é红包"), ("a\nlevel=error msg=forged", #""a\nlevel=error msg=forged""#),
        ])
    func values(_ value: String, _ written: String) {
        let lines = Lines()
        lines.logger().info("m", metadata: ["k": .string(value)])
        #expect(lines.last == Self.start + "msg=m k=\(written)\n")
    }

    @Test("keys are made safe, nested metadata flattened")
    func nested() {
        let lines = Lines()
        lines.logger().info(
            "m", metadata: ["a b=\"\n": "1", "d": ["y": ["x": "2"], "l": ["3", "4"]], "": "5"])
        #expect(lines.last == Self.start + "msg=m _=5 a_b___=1 d.l=[3,4] d.y.x=2\n")
    }

    @Test("an overlong line is cut between pairs and says so")
    func cut() {
        let lines = Lines()
        lines.logger().info("m", metadata: ["a": .string(String(repeating: "x ", count: 9_000)), "b": "1"])
        #expect(lines.last == Self.start + "msg=m cut=true\n")
    }

    @Test("a level below the logger's writes nothing")
    func level() {
        let lines = Lines()
        let logger = lines.logger(level: .warning)
        logger.info("no")
        #expect(lines.last.isEmpty)
        logger.error("yes")
        #expect(lines.last.contains("level=error"))
    }

    @Test(
        "times before and after 1970, leap days",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ])
    func times(_ unixMs: Int64, _ text: String) {
        let line = Mutex("")
        let handler = LogfmtHandler(label: "l", unixMs: { unixMs }) { bytes in
            line.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
        }
        handler.log(
            event: LogEvent(
                level: .info, message: "m", metadata: nil, source: "s", file: "f", function: "f", line: 1))
        #expect(line.withLock { $0 }.hasPrefix("time=\(text) "))
    }
}
