/// Horizontal bars as inline SVG, told apart by pattern and by grey as well as by colour, so that a black and
/// white print can be read. Holds no script and names nothing outside the page.
struct ClosingChart {
    /// A part of a bar.
    struct Part {
        var paint: Paint
        var value: Int
    }

    struct Bar {
        var zh: String
        var en: String
        var parts: [Part]
        /// To the right of the bar.
        var note: String
        /// How long the bar is; what its parts leave is blank.
        var whole: Int
    }

    /// What parts are filled with: solid, or a pattern of the page's `<defs>`.
    enum Paint: String, CaseIterable {
        case good, ended, open, bad, blank

        /// Light enough in grey beside its neighbours: 25 %, 55 % hatched, dots, black, white.
        var fill: String {
            switch self {
            case .good: "#b3261e"
            case .ended: "url(#hatch)"
            case .open: "url(#dots)"
            case .bad: "#1d1512"
            case .blank: "#fbf6ec"
            }
        }
    }

    static let width = 720
    private static let labelWidth = 210
    private static let noteWidth = 128
    private static let rowHeight = 19
    private static let barHeight = 12

    let name: String
    let bars: [Bar]
    /// All bars have the same length whatever they stand for; else the longest is of the greatest.
    let areShares: Bool

    /// Patterns that bars of every chart refer to; once a page.
    static let patterns: String = """
        <svg width="0" height="0" class="defs" aria-hidden="true"><defs>
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="5" height="5" fill="#f0d9a8"/><rect width="2" height="5" fill="#a8741a"/></pattern>
        <pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">
        <rect width="5" height="5" fill="#fff"/><circle cx="2.5" cy="2.5" r="1.2" fill="#2f5d50"/></pattern>
        </defs></svg>
        """

    func svg() -> String {
        let height = bars.count * Self.rowHeight + 4
        let most = max(1, bars.map(\.whole).max() ?? 1)
        var out =
            "<svg class=\"chart\" viewBox=\"0 0 \(Self.width) \(height)\" role=\"img\" aria-label=\""
            + HTMLText.escape(name) + "\">\n<title>\(HTMLText.escape(name))</title>\n"
        for (row, bar) in bars.enumerated() { out += draw(bar, y: row * Self.rowHeight + 4, most) }
        return out + "</svg>\n"
    }

    private func draw(_ bar: Bar, y: Int, _ most: Int) -> String {
        let space = Double(Self.width - Self.labelWidth - Self.noteWidth)
        let length = areShares ? space : space * Double(bar.whole) / Double(most)
        let left = Self.labelWidth
        let baseline = y + Self.barHeight - 3
        var out = "<g><title>\(HTMLText.escape("\(bar.zh) \(bar.en): \(bar.note)"))</title>"
        let label = bar.zh == bar.en ? bar.zh : "\(bar.zh) \(bar.en)"
        out += "<text class=\"label\" x=\"\(left - 10)\" y=\"\(baseline)\" text-anchor=\"end\">"
        out += HTMLText.escape(HTMLText.cut(label, halfWidths: 31)) + "</text>"
        out += Self.rect(Double(left), y, length, .blank)
        var from = 0.0
        for part in bar.parts where part.value > 0 && bar.whole > 0 {
            let wide = length * Double(part.value) / Double(bar.whole)
            // What is there at all is seen.
            out += Self.rect(Double(left) + from, y, max(wide, 1.5), part.paint)
            from += wide
        }
        out += "<rect class=\"frame\" x=\"\(left)\" y=\"\(y)\" width=\"\(Self.units(length))\""
        out += " height=\"\(Self.barHeight)\"/>"
        let noteAt = Double(left) + (areShares ? space : length) + 8
        out += "<text class=\"note\" x=\"\(Self.units(noteAt))\" y=\"\(baseline)\">"
        return out + HTMLText.escape(bar.note) + "</text></g>\n"
    }

    private static func rect(_ x: Double, _ y: Int, _ wide: Double, _ paint: Paint) -> String {
        "<rect x=\"\(units(x))\" y=\"\(y)\" width=\"\(units(wide))\" height=\"\(barHeight)\""
            + " fill=\"\(paint.fill)\"/>"
    }

    /// With one decimal.
    private static func units(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A sample and its meaning.
    static func key(_ paint: Paint, _ zh: String, _ en: String) -> String {
        """
        <span class="key"><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" \
        fill="\(paint.fill)" stroke="#1d1512" stroke-width="0.8"/></svg> \(HTMLText.title(zh, en))</span>
        """
    }
}
