import Operators

/// What commands print: whole texts, and tables.
enum Console {
    static func say(_ text: String) { CommandOutput.say(text) }
    static func warn(_ text: String) { CommandOutput.warn(text) }

    /// Standard output, as it is.
    static func put(_ bytes: [UInt8]) { CommandOutput.put(bytes) }

    /// Rows in columns as wide as their widest cell: the first to the left, the others, numbers, to the
    /// right.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.reduce(0) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + gap : gap + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
