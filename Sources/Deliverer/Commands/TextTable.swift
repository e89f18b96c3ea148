/// Rows in columns as wide as their widest cell.
struct TextTable: Sendable {
    static let width = 100
    private static let gap = "  "

    /// Columns that stand to the left; the others, numbers, to the right.
    let left: Set<Int>
    private var rows: [[String]] = []

    init(left: Set<Int>) { self.left = left }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// Lines without blanks at their ends, at most ``width`` characters each: the last column gives way.
    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        var widths = (0..<columns).map { column in
            rows.reduce(0) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        let rest = widths.dropLast().reduce(0) { $0 + $1 + Self.gap.count }
        if let last = widths.last { widths[columns - 1] = min(last, max(8, Self.width - rest)) }
        return rows.map { row in
            let line = row.enumerated().map { column, text in
                let cell = Numbers.cut(text, widths[column])
                let blank = String(repeating: " ", count: widths[column] - cell.count)
                return left.contains(column) ? cell + blank : blank + cell
            }.joined(separator: Self.gap)
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
