/// The rows as people read them: text, columns as wide as their widest cell.
package struct ResultTable: Sendable {
    private static let heads = ["measure", "ours", "peer", "unit", "ratio", "pass", "aim", "", "beside", ""]
    /// Numbers stand to the right.
    private static let isRight = [false, true, true, false, true, true, true, false, false, false]

    private let rows: [ResultRow]

    package init(_ rows: [ResultRow]) {
        self.rows = rows
    }

    package var text: String {
        let cells = [Self.heads] + rows.map(Self.cells)
        let widths = Self.heads.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { Self.line($0, widths) }.joined(separator: "\n")
    }

    private static func cells(_ row: ResultRow) -> [String] {
        let sign = row.better == .higher ? "≥ " : "≤ "
        return [
            row.measure, Figure.text(row.ours), row.peer.map(Figure.text) ?? "", row.unit,
            row.ratio.map(Figure.text) ?? (row.isVoid ? "void" : ""),
            row.pass.map { sign + Figure.text($0) } ?? "", row.aim.map { sign + Figure.text($0) } ?? "",
            row.verdict == .void ? "" : row.verdict.rawValue, row.peerName ?? "", row.note,
        ]
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let gap = String(repeating: " ", count: widths[column] - cell.count)
            line += (column == 0 ? "" : "  ") + (isRight[column] ? gap + cell : cell + gap)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// Numbers for reading.
package enum Figure {
    /// Three digits that count, whole numbers in groups: `0.0123`, `4.56`, `78.9`, `12,345`.
    package static func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let magnitude = abs(value)
        if magnitude == 0 { return "0" }
        if magnitude >= 99.95 { return grouped(value) }
        var places = magnitude >= 9.995 ? 1 : 2
        var limit = 0.9995
        while magnitude < limit, places < 6 {
            places += 1
            limit /= 10
        }
        return fixed(value, places)
    }

    private static func grouped(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return value.description }
        let digits = String(Int(abs(value).rounded()))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    private static func fixed(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return (value < 0 ? "-" : "") + "\(scaled / scale).\(zeros)\(fraction)"
    }
}
