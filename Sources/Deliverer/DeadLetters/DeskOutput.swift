import Operators

/// What operators' commands print: whole lines, tables, and foreign text made harmless.
enum DeskOutput {
    static func say(_ text: String) { CommandOutput.say(text) }
    static func warn(_ text: String) { CommandOutput.warn(text) }

    /// Rows in columns as wide as their widest cell; `numbers` names the columns that go to the right.
    static func table(_ rows: [[String]], numbers: Set<Int> = []) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.reduce(0) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (numbers.contains(column) ? gap + cell : cell + gap)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// Text of a game or of a broken record for a terminal: on one line, and nothing in it is obeyed by a
    /// terminal. Escaped are controls (C0, DEL, C1), the marks that turn the direction of text around, line
    /// separators, and the backslash itself.
    ///
    /// - Parameter most: characters shown; "…" stands for the rest.
    static func harmless(_ text: String, most: Int = .max) -> String {
        var out = ""
        var shown = 0
        for scalar in text.unicodeScalars {
            guard shown < most else { return out + "…" }
            shown += 1
            switch scalar.value {
            case 0x0A: out += "\\n"
            case 0x0D: out += "\\r"
            case 0x09: out += "\\t"
            case 0x5C: out += "\\\\"
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0x061C, 0xFEFF:
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A span of time in its two largest units: `3d 4h`, `12s`.
    static func age(ms: Int64) -> String {
        let seconds = max(0, ms / 1000)
        if seconds >= 86_400 { return "\(seconds / 86_400)d \(seconds % 86_400 / 3600)h" }
        if seconds >= 3600 { return "\(seconds / 3600)h \(seconds % 3600 / 60)m" }
        if seconds >= 60 { return "\(seconds / 60)m \(seconds % 60)s" }
        return "\(seconds)s"
    }
}

/// Tells on standard error how far something has come, at most once in two seconds.
struct DeskProgress {
    private static let everyNs: UInt64 = 2_000_000_000
    private var nextNs: UInt64

    init(nowNs: UInt64) {
        nextNs = nowNs + Self.everyNs
    }

    mutating func show(nowNs: UInt64, _ text: @autoclosure () -> String) {
        guard nowNs >= nextNs else { return }
        nextNs = nowNs + Self.everyNs
        DeskOutput.warn("deliverer: \(text())")
    }
}
