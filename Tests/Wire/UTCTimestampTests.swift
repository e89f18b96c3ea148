import Glibc
import Testing
import Wire

@Suite struct UTCTimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_771_243_200_123, "2026-02-16T12:00:00.123Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
    func instants(ms: Int64, text: String) {
        #expect(UTCTimestamp.rfc3339(unixMs: ms) == text)
        #expect(UTCTimestamp.parse(text) == ms)
    }

    @Test func outOfRangeShowsTheNearest() {
        #expect(UTCTimestamp.rfc3339(unixMs: .max) == "9999-12-31T23:59:59.999Z")
        #expect(UTCTimestamp.rfc3339(unixMs: .min) == "0000-01-01T00:00:00.000Z")
    }

    @Test(arguments: [
        ("2026-02-16T20:00:00+08:00", Int64(1_771_243_200_000)), ("2026-02-16T12:00:00Z", 1_771_243_200_000),
        ("2026-02-16t12:00:00z", 1_771_243_200_000), ("2026-02-16T05:30:00.5-06:30", 1_771_243_200_500),
        ("2026-02-16T12:00:00.123456789Z", 1_771_243_200_123), ("2026-02-16T12:00:00.01Z", 1_771_243_200_010),
        ("1970-01-01T00:00:00+00:01", -60_000), ("1969-12-31T23:59:59.9Z", -100),
    ])
    func spellings(text: String, ms: Int64) {
        #expect(UTCTimestamp.parse(text) == ms)
    }

    @Test(arguments: [
        "", "2026", "2026-02-16", "2026-02-16T12:00:00", "2026-02-16 12:00:00Z", "2026-02-16T12:00Z",
        "2026-2-16T12:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-02-16T24:00:00Z", "2026-02-16T12:60:00Z", "2026-02-16T12:00:60Z", "2026-02-16T12:00:00.Z",
        "2026-02-16T12:00:00.1234567890Z", "2026-02-16T12:00:00,5Z", "2026-02-16T12:00:00+24:00",
        "2026-02-16T12:00:00+0800", "2026-02-16T12:00:00+08:60", "2026-02-16T12:00:00Zz",
        "+2026-02-16T12:00:00Z",
        "2026-02-16T12:00:00ZZ", "２026-02-16T12:00:00Z", "-026-02-16T12:00:00Z",
    ])
    func refuses(_ text: String) {
        #expect(UTCTimestamp.parse(text) == nil)
    }

    /// The system's calendar is the oracle.
    @Test func agreesWithTheSystem() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<5000 {
            let seconds = Int64(random.next() % 315_569_520_000) - 62_167_219_200
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            let text = UTCTimestamp.rfc3339(unixMs: seconds * 1000)
            let fields = text.split { "-T:.Z".contains($0) }.compactMap { Int32($0) }
            #expect(
                fields == [
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                    parts.tm_sec, 0,
                ])
            #expect(UTCTimestamp.parse(text) == seconds * 1000)
        }
    }

    @Test func hostileTextGivesNilOrATimeThatReadsBack() {
        var random = SplitMix64(seed: 10)
        let seed = Array("2026-02-16T12:00:00.123+08:00".utf8)
        for _ in 0..<10_000 {
            var bytes = seed
            for _ in 0...random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() % 128)
            }
            bytes.removeLast(Int(random.next() % 4))
            guard let ms = UTCTimestamp.parse(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(UTCTimestamp.parse(UTCTimestamp.rfc3339(unixMs: ms)) == ms)
        }
    }
}
