/// Unix time as RFC 3339 text and back: years 0000 to 9999, no leap seconds, no clock read.
///
/// Source of the calendar arithmetic: Howard Hinnant, "chrono-compatible low-level date algorithms".
package struct UTCTimestamp {
    private static let firstMs: Int64 = -62_167_219_200_000
    private static let lastMs: Int64 = 253_402_300_799_999

    /// `2026-02-16T12:00:00.000Z`. Times outside the years 0000 to 9999 are shown as the nearest inside.
    package static func rfc3339(unixMs: Int64) -> String {
        let ms = min(max(unixMs, firstMs), lastMs)
        let days = floorDivide(ms, 86_400_000)
        let msOfDay = ms - days * 86_400_000
        let (year, month, day) = civil(daysSinceEpoch: days)
        let secondOfDay = msOfDay / 1000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        digits(year, width: 4, then: "-", to: &text)
        digits(month, width: 2, then: "-", to: &text)
        digits(day, width: 2, then: "T", to: &text)
        digits(secondOfDay / 3600, width: 2, then: ":", to: &text)
        digits(secondOfDay / 60 % 60, width: 2, then: ":", to: &text)
        digits(secondOfDay % 60, width: 2, then: ".", to: &text)
        digits(msOfDay % 1000, width: 3, then: "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Unix milliseconds of an RFC 3339 date-time, with `Z` or an offset and up to nine decimals of a
    /// second (those beyond milliseconds are cut); nil for anything else, second 60 included.
    package static func parse(_ text: String) -> Int64? {
        var scan = Scanner(rest: Array(text.utf8)[...])
        guard let year = scan.number(4), scan.skip("-"), let month = scan.number(2), scan.skip("-"),
            let day = scan.number(2), scan.skip("Tt"), let hour = scan.number(2), scan.skip(":"),
            let minute = scan.number(2), scan.skip(":"), let second = scan.number(2),
            (1...12).contains(month), (1...daysIn(month: month, year: year)).contains(day),
            hour < 24, minute < 60, second < 60,
            let fractionMs = scan.fractionMs(), let offsetMinutes = scan.offsetMinutes(), scan.rest.isEmpty
        else { return nil }
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        return (seconds - offsetMinutes * 60) * 1000 + fractionMs
    }

    private static func digits(
        _ value: Int64, width: Int, then separator: Unicode.Scalar, to text: inout [UInt8]
    ) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: separator))
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }

    /// Days since 1970-01-01 of a date; March starts the year, so that a leap day ends it.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// What is left of a text being read.
    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func number(_ width: Int) -> Int64? {
            guard rest.count >= width else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(width) {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            rest = rest.dropFirst(width)
            return value
        }

        mutating func skip(_ anyOf: StaticString) -> Bool {
            guard let byte = rest.first, anyOf.withUTF8Buffer({ $0.contains(byte) }) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func fractionMs() -> Int64? {
            guard skip(".") else { return 0 }
            var ms: Int64 = 0
            var count = 0
            while let digit = number(1) {
                if count < 3 { ms = ms * 10 + digit }
                count += 1
            }
            guard (1...9).contains(count) else { return nil }
            for _ in min(count, 3)..<3 { ms *= 10 }
            return ms
        }

        mutating func offsetMinutes() -> Int64? {
            if skip("Zz") { return 0 }
            let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
            guard skip("+-"), let hours = number(2), skip(":"), let minutes = number(2),
                hours < 24, minutes < 60
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
