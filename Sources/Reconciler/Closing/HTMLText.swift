/// Text as it may stand in HTML and SVG, between tags and in quoted attributes.
enum HTMLText {
    /// Takes the five characters that mean something there their meaning; control characters, which HTML
    /// forbids, become U+FFFD.
    static func escape(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            case "\n", "\t", "\r": out += " "
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): out += "\u{FFFD}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A title in both languages, each isolated from the direction of what stands around it.
    static func title(_ zh: String, _ en: String) -> String {
        let chinese = "<bdi lang=\"zh\">\(escape(zh))</bdi>"
        return zh == en ? chinese : "\(chinese) <bdi class=\"en\" lang=\"en\">\(escape(en))</bdi>"
    }

    /// `1234567` as `1,234,567`.
    static func number(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: at)
            at -= 3
        }
        return (value < 0 ? "−" : "") + String(digits)
    }

    /// A share in percent with two decimals, cut, so that 100 % is said of nothing less; a dash of nothing.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let hundredths = Int((Int128(part) * 10_000) / Int128(whole))
        let decimals = hundredths % 100
        return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals) %"
    }

    /// Cut to so many half-widths, a Chinese character counting two.
    static func cut(_ text: String, halfWidths: Int) -> String {
        var width = 0
        var out = ""
        for character in text {
            let wide = character.unicodeScalars.first.map { $0.value >= 0x1100 } ?? false
            width += wide ? 2 : 1
            guard width <= halfWidths else { return out + "…" }
            out.append(character)
        }
        return out
    }
}
