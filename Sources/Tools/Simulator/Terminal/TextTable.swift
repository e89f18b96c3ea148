/// A table in plain text: columns as wide as their widest cell, numbers to the right.
struct TextTable {
    struct Cell {
        var text: String
        var colour: Terminal.Colour?

        init(_ text: String, _ colour: Terminal.Colour? = nil) {
            self.text = text
            self.colour = colour
        }
    }

    let title: String
    /// Column heads; those that begin with `<` are set to the left.
    private let heads: [String]
    private let isLeft: [Bool]
    private var rows: [[Cell]] = []

    init(_ title: String, heads: [String]) {
        self.title = title
        isLeft = heads.map { $0.hasPrefix("<") }
        self.heads = heads.map { $0.hasPrefix("<") ? String($0.dropFirst()) : $0 }
    }

    /// A row shorter than the heads leaves its last cells empty.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    mutating func add(_ cells: String...) {
        rows.append(cells.map { Cell($0) })
    }

    func text(_ style: Terminal.Style) -> String {
        let hasHeads = heads.contains { !$0.isEmpty }
        let widths = heads.indices.map { column in
            rows.reduce(heads[column].count) { max($0, column < $1.count ? $1[column].text.count : 0) }
        }
        var lines = [style.paint(title, .bold)]
        if hasHeads { lines.append(line(heads.map { Cell($0, .dim) }, widths, style)) }
        lines += rows.map { line($0, widths, style) }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: Terminal.Style) -> String {
        var line = ""
        // What is empty at the end of a line is left out.
        let cells = cells[...(cells.lastIndex { !$0.text.isEmpty } ?? 0)]
        for (column, cell) in cells.enumerated() {
            let gap = String(repeating: " ", count: max(0, widths[column] - cell.text.count))
            let painted = cell.colour.map { style.paint(cell.text, $0) } ?? cell.text
            let isLast = column == cells.count - 1
            line += "  " + (isLeft[column] ? painted + (isLast ? "" : gap) : gap + painted)
        }
        return line
    }
}

extension Int {
    /// With thin groups of three digits: 20 000 as `20,000`.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }
}

extension Double {
    /// Milliseconds as a person reads them: `7.3 ms`, `142 ms`, `2.5 s`, `42 s`.
    var asMs: String {
        if self >= 9950 { return "\(Int((self / 1000).rounded())) s" }
        if self >= 999.5 { return "\((self / 100).rounded() / 10) s" }
        return self >= 99.95 ? "\(Int(rounded())) ms" : "\((self * 10).rounded() / 10) ms"
    }
}
